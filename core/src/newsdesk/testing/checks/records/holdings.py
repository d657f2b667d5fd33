"""Checks: `holds` finds what the backend holds, and nothing that only looks like it."""

from collections.abc import Callable, Iterable
from contextlib import closing

from newsdesk.machine import Machine, MachineKey
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import hostile, small


class HoldingChecks(CheckFixtures):
    """Which machines a backend has."""

    @check("holds")
    def test_holds_finds_what_the_backend_holds(self, new_reporter: NewReporter) -> None:
        """If this fails, a backfill skips what is missing, or sends what is there.

        Of the namesakes every other one is delivered: they are of two projects, or differ in case, in how a
        letter is composed (NFC and NFD), or at the end of a very long name. Compare whole keys.
        """
        namesakes = [*hostile("namesakes"), *hostile("long-names"), *hostile("path-names")]
        here = namesakes[::2]
        deliver(new_reporter(), *here)
        with closing(new_reporter()) as reporter:
            _expect_found(reporter.holds(_keys(namesakes)), here, asked="all namesakes")
            _expect_found(reporter.holds(_keys(namesakes[1::2])), [], asked="the ones that are not there")
            _expect_found(reporter.holds(_keys([*here, *here])), here, asked="the ones that are there, twice")
            _expect_found(reporter.holds([]), [], asked="none")

    @check("holds", "wipe")
    def test_holds_does_not_remember(self, new_reporter: NewReporter, wipe: Callable[[], object]) -> None:
        """If this fails, a backfill skips what was removed: ask the backend, not a memory."""
        machine = small("removed")
        with new_reporter() as reporter:
            reporter.report(machine)
            _expect_found(reporter.holds([machine.key]), [machine], asked="what was reported")
            wipe()
            _expect_found(reporter.holds([machine.key]), [], asked="what was removed")


def _keys(machines: Iterable[Machine]) -> list[MachineKey]:
    return [machine.key for machine in machines]


def _expect_found(found: Iterable[MachineKey], wanted: Iterable[Machine], *, asked: str) -> None:
    found = {*found}
    missing, more = {*_keys(wanted)} - found, found - {*_keys(wanted)}
    expect(not missing, f"asked for {asked}, holds() does not find {_shown(missing)}")
    expect(not more, f"asked for {asked}, holds() finds what is not there: {_shown(more)}")


def _shown(keys: Iterable[MachineKey]) -> str:
    return ", ".join(ascii(str(key)[-60:]) for key in keys)
