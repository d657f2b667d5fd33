"""Checks: what is delivered again, or together, is there once."""

from contextlib import closing

from newsdesk.machine import Machine, MachineKey
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.records import small


class RepetitionChecks(CheckFixtures):
    """Deliveries can be repeated."""

    @check("keeps")
    def test_the_same_record_twice_is_there_once(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a retry makes a second record: find the first by key and revision before writing."""
        machine = small()
        with closing(new_reporter()) as reporter:
            reporter.report(machine)
            reporter.report(machine)
        held.expect(machine, after="two reports of the same record")
        deliver(new_reporter(), machine)
        held.expect(machine, after="a third report, by another reporter,")

    @check("tells_unchanged")
    def test_the_same_record_again_is_told_as_unchanged(self, new_reporter: NewReporter) -> None:
        """If this fails, nobody can tell a backfill that did nothing from one that wrote everything anew."""
        with closing(new_reporter()) as reporter:
            told = [bool(delivery and delivery.unchanged) for delivery in map(reporter.report, [small()] * 2)]
        expect(
            told == [False, True], f"unchanged must be False and then True, but was {told[0]} and {told[1]}"
        )

    @check("keeps")
    def test_a_changed_record_replaces_or_adds_as_declared(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a rebuilt machine is lost, or its old record stays where it should not, or goes."""
        first, second = small(), small(metadata={"rebuilt": True})
        deliver(new_reporter(), first, second)
        left = [second] if self.capabilities.changed == "replaces" else [first, second]
        held.expect(*left, after=f"a change, which {self.capabilities.changed},")

    @check("keeps")
    def test_many_at_once_arrive_as_they_do_one_by_one(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, `report_many` loses, repeats or changes records, or answers too often."""
        machines = [small(f"many-{number}", metadata={"number": number}) for number in range(7)]
        with closing(new_reporter()) as reporter:
            answers = list(reporter.report_many(iter(machines)))
        expect(len(answers) == len(machines), f"{len(machines)} machines got {len(answers)} answers")
        failed = [answer for answer in answers if isinstance(answer, Exception)]
        expect(not failed, f"report_many fails where report does not: {failed}")
        held.expect(*machines, after="report_many")

    @check()
    def test_it_can_be_closed_twice_and_used_again(self, new_reporter: NewReporter) -> None:
        """If this fails, `close` leaves something behind that the next `open` stumbles over."""
        reporter = new_reporter()
        reporter.close()
        for number in range(2):
            reporter.report(small(f"closed-{number}"))
            reporter.close()
            reporter.close()

    @check("holds")
    def test_it_tells_what_its_backend_holds(self, new_reporter: NewReporter) -> None:
        """If this fails, a backfill will skip what is missing, or send what is there."""
        here, gone = [small(f"here-{number}") for number in range(3)], small("gone")
        deliver(new_reporter(), *here)
        with closing(new_reporter()) as reporter:
            found = set(reporter.holds([machine.key for machine in (*here, gone)]))
            nothing = set(reporter.holds([]))
        expect(found == _keys(here), f"holds() must give {sorted(_keys(here))}, but gives {sorted(found)}")
        expect(not nothing, f"holds() of no machine must give nothing, but gives {nothing}")

    @check("ping")
    def test_its_ping_is_answered(self, new_reporter: NewReporter) -> None:
        """If this fails, `ping` raises although the backend is there."""
        with closing(new_reporter()) as reporter:
            reporter.ping()


def _keys(machines: list[Machine]) -> set[MachineKey]:
    return {machine.key for machine in machines}
