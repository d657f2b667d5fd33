"""Checks: a repeated delivery is idempotent, and so is a batch."""

from contextlib import closing

from newsdesk.machine import Machine, MachineKey
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import small


class RepetitionChecks(CheckFixtures):
    """Deliveries can be repeated."""

    @check("keeps", required=True)
    def test_the_same_record_twice_is_there_once(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a retry creates a duplicate: find the record by key and revision before writing."""
        machine = small()
        with closing(new_reporter()) as reporter:
            reporter.report(machine)
            reporter.report(machine)
        held.expect(machine, after="two reports of the same record")
        deliver(new_reporter(), machine)
        held.expect(machine, after="a third report, by another reporter,")

    @check("tells_unchanged")
    def test_the_same_record_again_is_reported_as_unchanged(self, new_reporter: NewReporter) -> None:
        """If this fails, receipts do not show which records were there already."""
        with closing(new_reporter()) as reporter:
            unchanged = [
                bool(delivery and delivery.unchanged) for delivery in map(reporter.report, [small()] * 2)
            ]
        expect(unchanged == [False, True], f"unchanged must be False and then True, but was {unchanged}")

    @check("keeps", required=True)
    def test_a_changed_record_replaces_or_adds_as_declared(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a rebuilt machine is lost, or its old record is not replaced or kept as declared."""
        first, second = small(), small(metadata={"rebuilt": True})
        deliver(new_reporter(), first, second)
        left = [second] if self.capabilities.changed == "replaces" else [first, second]
        held.expect(*left, after=f"a change, which {self.capabilities.changed},")

    @check("keeps")
    def test_report_many_delivers_as_report_does(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, `report_many` loses, repeats or changes records, or miscounts its answers."""
        machines = [small(f"many-{number}", metadata={"number": number}) for number in range(7)]
        with closing(new_reporter()) as reporter:
            answers = list(reporter.report_many(iter(machines)))
        expect(len(answers) == len(machines), f"{len(machines)} machines got {len(answers)} answers")
        failed = [answer for answer in answers if isinstance(answer, Exception)]
        expect(not failed, f"report_many fails where report does not: {failed}")
        held.expect(*machines, after="report_many")

    @check(required=True)
    def test_it_can_be_closed_twice_and_used_again(self, new_reporter: NewReporter) -> None:
        """If this fails, a reporter does not work after `close`, or cannot be closed twice."""
        reporter = new_reporter()
        reporter.close()
        for number in range(2):
            reporter.report(small(f"closed-{number}"))
            reporter.close()
            reporter.close()

    @check("holds")
    def test_holds_finds_what_the_backend_holds(self, new_reporter: NewReporter) -> None:
        """If this fails, a backfill skips what is missing, or sends what is there."""
        here, gone = [small(f"here-{number}") for number in range(3)], small("gone")
        deliver(new_reporter(), *here)
        with closing(new_reporter()) as reporter:
            found = set(reporter.holds([machine.key for machine in (*here, gone)]))
            nothing = set(reporter.holds([]))
        expect(found == _keys(here), f"holds() must give {sorted(_keys(here))}, but gives {sorted(found)}")
        expect(not nothing, f"holds() of no machine must give nothing, but gives {nothing}")

    @check("ping")
    def test_ping_succeeds(self, new_reporter: NewReporter) -> None:
        """If this fails, `ping` raises although the backend works."""
        with closing(new_reporter()) as reporter:
            reporter.ping()


def _keys(machines: list[Machine]) -> set[MachineKey]:
    return {machine.key for machine in machines}
