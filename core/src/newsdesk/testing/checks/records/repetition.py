"""Checks: a repeated delivery is idempotent, and what is told as unchanged is there."""

from collections.abc import Callable
from contextlib import closing

import pytest

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import small
from newsdesk.testing.processes.simultaneous import deliver_at_once


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
            unchanged = [_unchanged(reporter, small()) for _ in range(2)]
        expect(unchanged == [False, True], f"unchanged must be False and then True, but was {unchanged}")
        again = _unchanged(new_reporter(), small())
        expect(
            again, "a new reporter must find the record that another has delivered, but unchanged was False"
        )

    @check("keeps", required=True)
    def test_a_changed_record_replaces_or_adds_as_declared(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a rebuilt machine is lost, or its old record is not replaced or kept as declared."""
        first, second = _revisions()
        deliver(new_reporter(), first, second)
        held.expect(*self._left(first, second), after=f"a change, which {self.capabilities.changed},")

    @pytest.mark.usefixtures("children")
    @check("keeps", required=True)
    def test_an_earlier_record_comes_back(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a reporter believes what it remembers: another one has changed the record since.

        Ask the backend what it holds, not a memory of what was sent.
        """
        first, second = _revisions()
        with new_reporter() as reporter:
            reporter.report(first)
            for road in self._other_roads:
                road(new_reporter(), second)
                delivery = reporter.report(first) or Delivery()
                held.expect(*self._left(second, first), after="A, then B by another reporter, then A")
                expect(
                    not (delivery.unchanged and self.capabilities.changed == "replaces"),
                    "A was replaced by another reporter's B, but the report of A is told as unchanged",
                )

    @check("keeps", "wipe")
    def test_what_was_removed_is_delivered_again(
        self, new_reporter: NewReporter, held: BackendRecords, wipe: Callable[[], object]
    ) -> None:
        """If this fails, a reporter tells what it remembers: its backend was emptied since.

        Ask the backend what it holds, not a memory of what was sent.
        """
        machine = small("removed")
        with new_reporter() as reporter:
            reporter.report(machine)
            wipe()
            delivery = reporter.report(machine) or Delivery()
            held.expect(machine, after="a wipe and another report")
            expect(not delivery.unchanged, "the backend was wiped, but the report is told as unchanged")
            wipe()
            answers = list(reporter.report_many([machine]))
            held.expect(machine, after="a wipe and report_many")
            told = [isinstance(answer, Delivery) and answer.unchanged for answer in answers]
            expect(told == [False], "the backend was wiped, but report_many tells the record as unchanged")

    @check(required=True)
    def test_it_can_be_closed_twice_and_used_again(self, new_reporter: NewReporter) -> None:
        """If this fails, a reporter does not work after `close`, or cannot be closed twice."""
        reporter = new_reporter()
        reporter.close()
        for number in range(2):
            reporter.report(small(f"closed-{number}"))
            reporter.close()
            reporter.close()

    @check("ping")
    def test_ping_succeeds(self, new_reporter: NewReporter) -> None:
        """If this fails, `ping` raises although the backend works."""
        with closing(new_reporter()) as reporter:
            reporter.ping()

    def _left(self, first: Machine, second: Machine) -> list[Machine]:
        """What a backend holds after one revision and then another."""
        return [second] if self.capabilities.changed == "replaces" else [first, second]

    @property
    def _other_roads(self) -> list[Callable[[BaseReporter, Machine], object]]:
        """How another reporter delivers: here, and in another process, where no memory of this one is."""
        return [deliver, _deliver_elsewhere] if self.capabilities.processes else [deliver]


def _revisions() -> tuple[Machine, Machine]:
    return small(), small(metadata={"rebuilt": True})


def _unchanged(reporter: BaseReporter, machine: Machine) -> bool:
    return (reporter.report(machine) or Delivery()).unchanged


def _deliver_elsewhere(reporter: BaseReporter, machine: Machine) -> None:
    deliver_at_once(reporter, [[machine]])
