"""Checks: every record arrives complete, however hostile."""

import pytest

from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check
from newsdesk.testing.harness.delivering import NewReporter, expect_arrival
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import canned, hostile, long_value, many_metrics, real, redacted


class ContentChecks(CheckFixtures):
    """Each record arrives complete and equal."""

    @check("keeps", required=True)
    def test_a_record_arrives_whole_and_equal(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a part of the record is lost or changed on the way: keep all of `machine.to_json()`.

        That includes unknown keys, which are in `machine.extra`.
        """
        expect_arrival(new_reporter, held, *canned("ordinary"))

    @pytest.mark.parametrize("name", real())
    @check("keeps")
    def test_a_real_record_arrives(self, new_reporter: NewReporter, held: BackendRecords, name: str) -> None:
        """If this fails, a record of a real build is changed: see its file, in `testing.MACHINES`."""
        expect_arrival(new_reporter, held, *canned(name))

    @check("keeps")
    def test_every_unicode_plane_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, some text is refused or changed.

        It is beyond the BMP, NUL, a lone surrogate, or normalised: composed and decomposed letters differ.
        """
        expect_arrival(new_reporter, held, *hostile("unicode"))

    @check("keeps")
    def test_every_number_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a number is changed: not-a-number, infinity, beyond 64 bits, or `-0.0`."""
        expect_arrival(new_reporter, held, *hostile("numbers"))

    @check("keeps")
    def test_empty_parts_arrive(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, what is empty is left out, or a record that has only a name is refused."""
        expect_arrival(new_reporter, held, *hostile("empty"))

    @check("keeps")
    def test_a_very_long_value_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, long texts are cut: keep the whole record where the backend has no such limit."""
        expect_arrival(new_reporter, held, long_value())

    @check("keeps")
    def test_very_many_metrics_arrive(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a long training history exceeds a limit of the backend: see `newsdesk.batching`."""
        expect_arrival(new_reporter, held, many_metrics(self.capabilities.metrics))

    @check("keeps")
    def test_deep_nesting_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, deeply nested values are cut, or exceed the recursion limit."""
        expect_arrival(new_reporter, held, *hostile("deep"))

    @check("keeps")
    def test_a_redacted_record_arrives(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a value must have its usual type: `redact` replaces any by the text `<redacted>`."""
        expect_arrival(new_reporter, held, *redacted())
