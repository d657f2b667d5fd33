"""Checks: machines whose names look alike stay apart."""

from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check
from newsdesk.testing.harness.delivering import NewReporter, expect_arrival
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import hostile


class NameChecks(CheckFixtures):
    """Each machine has a place of its own."""

    @check("keeps", required=True)
    def test_namesakes_stay_apart(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, two machines share a place.

        They are of two projects, or their names differ in case, or in how a letter is composed (NFC and NFD).
        Build the identifier from both parts of `machine.key`, as they are, with a separator that neither can
        contain.
        """
        expect_arrival(new_reporter, held, *hostile("namesakes"))

    @check("keeps")
    def test_very_long_names_arrive_and_stay_apart(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, machines whose names differ only at the end overwrite each other or are rejected."""
        expect_arrival(new_reporter, held, *hostile("long-names"))

    @check("keeps")
    def test_names_that_look_like_paths_arrive(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, a name such as `../up` escapes from the reporter's folder, or is refused."""
        expect_arrival(new_reporter, held, *hostile("path-names"))
