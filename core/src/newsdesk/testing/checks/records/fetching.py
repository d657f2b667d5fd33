"""Checks: `fetch` gives back what was reported."""

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from newsdesk.exceptions import AmbiguousMachine, MachineDoesNotExist
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver, error_of
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.reading import expect_fetched, expect_listed, expect_no_machine, shown
from newsdesk.testing.machines import HOSTILE, canned, hostile, long_value, real, redacted, small

if TYPE_CHECKING:
    from newsdesk.machine import Machine

_OF_NAMES = ("long-names", "namesakes", "path-names", "long-value")
"""The hostile machines that other checks fetch, or that no file has."""
_FEW = 4


class FetchChecks(CheckFixtures):
    """A machine by its name, its project and its revision."""

    @check("fetch")
    def test_fetch_gives_back_what_was_reported(self, new_reporter: NewReporter) -> None:
        """If this fails, a machine comes back changed: store all of `machine.to_json()`, and read that."""
        names = ["ordinary", *real(), *(f"hostile/{name}" for name in HOSTILE if name not in _OF_NAMES)]
        machines = [*(machine for name in names for machine in canned(name)), long_value()]
        machines += hostile("long-names")
        deliver(new_reporter(), *machines)
        with new_reporter() as reporter:
            for machine in machines:
                expect_fetched(reporter, machine, after="a report")
            expect_fetched(reporter, machines[0], after="a report", revision=machines[0].revision)

    @check("fetch")
    def test_a_redacted_record_has_the_revision_of_the_original(self, new_reporter: NewReporter) -> None:
        """If this fails, a redacted record counts as damaged, changed or missing.

        Store and list `machine.revision`, which is that of the original, not a digest of what is stored.
        """
        after = "a report of a redacted record"
        deliver(new_reporter(), *redacted())
        with new_reporter() as reporter:
            for machine in redacted():
                expect_fetched(reporter, machine, after=after, revision=machine.revision)
            expect_listed(reporter, *redacted(), after=after)

    @check("fetch")
    def test_fetch_without_a_project_finds_the_only_one(self, new_reporter: NewReporter) -> None:
        """If this fails, a machine of another project, or of a similar name, is taken for the right one.

        Names are equal only if they are the same text: see `newsdesk.sole_project`.
        """
        machines = [*hostile("namesakes"), *hostile("path-names")[:_FEW]]
        projects: defaultdict[str, dict[str, Machine]] = defaultdict(dict)
        for machine in machines:
            projects[machine.name][machine.project_name] = machine
        deliver(new_reporter(), *machines)
        with new_reporter() as reporter:
            for name, found in projects.items():
                if len(found) == 1:
                    (machine,) = found.values()
                    fetched = reporter.fetch(name)
                    said = f"fetch({name!a}) gives {shown(fetched.key)} instead of {shown(machine.key)}"
                    expect(fetched.to_json() == machine.to_json(), said)
                    continue
                error = error_of(reporter.fetch, name)
                listed = sorted(error.projects) if isinstance(error, AmbiguousMachine) else None
                said = (
                    f"fetch({name!a}) must raise AmbiguousMachine for {sorted(found)}, but raised: {error!r}"
                )
                expect(listed == sorted(found), said)

    @check("fetch")
    def test_fetch_of_what_does_not_exist(self, new_reporter: NewReporter) -> None:
        """If this fails, `fetch` fails otherwise, or finds another machine: raise `MachineDoesNotExist`.

        Also while nothing was reported yet: a table or a folder that is missing is an empty backend.
        """
        namesakes = [*hostile("namesakes"), *hostile("long-names"), *hostile("path-names")[:_FEW]]
        here, absent = namesakes[::2], namesakes[1::2]
        with new_reporter() as reporter:
            for machine in (small(), namesakes[0]):
                expect_no_machine(reporter, machine, machine.project_name, after="nothing")
                expect_no_machine(reporter, machine, after="nothing")
        deliver(new_reporter(), *here)
        known = {machine.name for machine in here}
        with new_reporter() as reporter:
            for machine in absent:
                asked = [machine.project_name] if machine.name in known else []
                expect_no_machine(reporter, machine, *asked, after="reports of its namesakes")
            expect_no_machine(reporter, here[0], "another project", after="a report of another project")
            for project in (here[0].project_name, "another project"):
                expect_no_machine(
                    reporter, here[0], project, "0" * len(here[0].revision), after="a report of others"
                )

    @check("fetch", "wipe")
    def test_reading_does_not_remember(self, new_reporter: NewReporter, wipe: Callable[[], object]) -> None:
        """If this fails, what was removed is still listed or fetched: ask the backend, not a memory."""
        machine = small("removed")
        with new_reporter() as reporter:
            reporter.report(machine)
            expect_fetched(reporter, machine, after="a report")
            expect_listed(reporter, machine, after="a report")
            wipe()
            expect_listed(reporter, after="a wipe")
            error = error_of(reporter.fetch, machine.name, machine.project_name)
            said = f"after a wipe fetch must raise MachineDoesNotExist, but raised: {error!r}"
            expect(isinstance(error, MachineDoesNotExist), said)
