"""Checks: every record arrives complete, however hostile."""

from collections.abc import Sequence

from newsdesk.contract.delivery import Alteration
from newsdesk.machine import Machine
from newsdesk.testing.harness import records
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver
from newsdesk.testing.harness.fixtures import CheckFixtures

_KINDS = ("truncated", "renamed", "encoded", "omitted")


class ContentChecks(CheckFixtures):
    """Each record arrives complete and equal."""

    @check("keeps")
    def test_a_record_arrives_whole_and_equal(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a part of the record is lost or changed on the way: keep all of `machine.to_json()`.

        That includes unknown keys, which are in `machine.extra`.
        """
        _expect_arrival(new_reporter, held, records.ordinary())

    @check("keeps")
    def test_every_unicode_plane_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, some text is refused or changed: beyond the BMP, NUL, or lone surrogates."""
        _expect_arrival(new_reporter, held, records.unicode())

    @check("keeps")
    def test_every_number_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a number is changed: not-a-number, infinity, beyond 64 bits, or `-0.0`."""
        _expect_arrival(new_reporter, held, records.numbers())

    @check("keeps")
    def test_empty_parts_arrive(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, what is empty is left out, or a record that has only a name is refused."""
        _expect_arrival(new_reporter, held, *records.empty())

    @check("keeps")
    def test_a_very_long_value_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, long texts are cut: keep the whole record where the backend has no such limit."""
        _expect_arrival(new_reporter, held, records.long_value())

    @check("keeps")
    def test_very_long_names_arrive_and_stay_apart(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, machines whose names differ only at the end overwrite each other or are rejected."""
        _expect_arrival(new_reporter, held, *records.long_names())

    @check("keeps")
    def test_namesakes_stay_apart(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, machines of two projects, or whose names differ in case, share a place.

        Build the identifier from both parts of `machine.key`, with a separator that neither can contain.
        """
        _expect_arrival(new_reporter, held, *records.namesakes())

    @check("keeps")
    def test_names_that_look_like_paths_arrive(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a name such as `../up` escapes from the reporter's folder, or is refused."""
        _expect_arrival(new_reporter, held, *records.path_names())

    @check("keeps")
    def test_very_many_metrics_arrive(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a long training history exceeds a limit of the backend: see `newsdesk.batching`."""
        _expect_arrival(new_reporter, held, records.many_metrics(self.capabilities.metrics))

    @check("keeps")
    def test_deep_nesting_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, deeply nested values are cut, or exceed the recursion limit."""
        _expect_arrival(new_reporter, held, records.deep())

    @check("alters")
    def test_alterations_are_reported(self, new_reporter: NewReporter) -> None:
        """If this fails, the plan or the receipt does not list what was changed to fit the backend.

        A plan, the delivery, and the delivery of the same record again must list the same alterations.
        """
        reporter = new_reporter()
        listed = [
            _expect_same_alterations(new_reporter, reporter.plan(machine).alterations, machine)
            for machine in records.hostile()
        ]
        expect(any(listed), "alters=True is declared, but no hostile record has an alteration")


def _expect_arrival(new_reporter: NewReporter, held: BackendRecords, *machines: Machine) -> None:
    deliver(new_reporter(), *machines)
    held.expect(*machines, after="one report")


def _expect_same_alterations(
    new_reporter: NewReporter, planned: Sequence[Alteration], machine: Machine
) -> int:
    reporter = new_reporter()
    listed: Sequence[Alteration] = ()
    for when in ("the first delivery", "the second delivery"):
        delivery = reporter.report(machine)
        listed = () if delivery is None else delivery.alterations
        expect(
            list(listed) == list(planned),
            f"the plan of {str(machine.key)[:80]!r} lists {planned}, but {when} lists {listed}",
        )
    for alteration in listed:
        _expect_useful(alteration)
    return len(listed)


def _expect_useful(alteration: Alteration) -> None:
    expect(alteration.kind in _KINDS, f"{alteration} has an unknown kind; use one of {', '.join(_KINDS)}")
    expect(alteration.path and alteration.detail, f"{alteration!r} must have a path and a detail")
