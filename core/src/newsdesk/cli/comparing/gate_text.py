"""The result of a gate as text."""

from collections.abc import Iterator
from itertools import groupby

from newsdesk.cli.comparing import words
from newsdesk.cli.comparing.line import Line
from newsdesk.comparison.checks import GateCheck
from newsdesk.comparison.gate import GateResult

MACHINES = 60
"""Machines that are shown; those that fail come first."""
CHECKS = 200
"""Checks that are shown."""


def lines(result: GateResult, *, has_rules: bool) -> Iterator[Line]:
    """Yield the lines: each machine, with its checks that did not pass.

    Args:
        result: The result.
        has_rules: Whether rules were given.
    """
    machines = by_machine(result)
    shown = CHECKS
    for checks in machines[:MACHINES]:
        fails = any(check.fails for check in checks)
        name = words.name(str(checks[0].machine))
        yield Line(
            f"{'failed' if fails else 'passed'} {name}: {counted(checks)}", "red" if fails else "green"
        )
        listed = [check for check in checks if check.status != "passed"][:shown]
        for check in listed:
            yield Line(f"  {check.status}: {place(check)}", "red" if check.fails else None)
        shown -= len(listed)
    failing = sum(check.fails for checks in machines[:MACHINES] for check in checks)
    yield from map(Line, words.more(len(machines) - MACHINES, "machines"))
    yield from map(Line, words.more(len(result.failures) - min(failing, CHECKS), "failed checks"))
    yield Line(summary(result), "green" if result.passed else "red")
    if not has_rules and not result.passed:
        yield Line("No rules were given, so nothing may get worse; --rules FILE allows tolerances.")


def by_machine(result: GateResult) -> list[list[GateCheck]]:
    """Return the checks of each machine, those that fail first."""
    grouped = [[*checks] for _, checks in groupby(result.checks, key=lambda check: check.machine)]
    return sorted(grouped, key=lambda checks: not any(check.fails for check in checks))


def counted(checks: list[GateCheck]) -> str:
    """Say how many checks have which status: `3 passed, 1 worse`."""
    return ", ".join(f"{count} {status}" for status, count in GateResult(tuple(checks)).counts.items())


def place(check: GateCheck) -> str:
    """Say what was checked, and the reason."""
    return f"{words.name(check.place)}: {words.printable(check.message)}"


def summary(result: GateResult) -> str:
    """Say in one line what came of it."""
    machines = by_machine(result)
    failed = sum(any(check.fails for check in checks) for checks in machines)
    count = "1 machine" if len(machines) == 1 else f"{len(machines)} machines"
    state = f"failed: {failed} of {count}" if failed else f"passed: {count}"
    return f"{state}; checks: {counted([*result.checks])}"
