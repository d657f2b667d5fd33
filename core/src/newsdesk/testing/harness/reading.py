"""What a reporter reads back, compared with what was reported."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine
from newsdesk.exceptions import MachineDoesNotExist
from newsdesk.machine import Machine, MachineKey
from newsdesk.testing.harness.check import expect
from newsdesk.testing.harness.delivering import error_of

_FEW = 4


def calls_of_reading(reporter: BaseReporter, machine: Machine) -> dict[str, Callable[[], object]]:
    """Give what reads a machine back in each way, by name."""
    return {
        "fetch": lambda: reporter.fetch(machine.name, machine.project_name),
        "fetch without a project": lambda: reporter.fetch(machine.name),
        "machines": lambda: [*reporter.machines()],
        "machines(all_revisions=True)": lambda: [*reporter.machines(all_revisions=True)],
    }


def expect_fetched(
    reporter: BaseReporter, machine: Machine, *, after: str, revision: str | None = None
) -> None:
    """Fail unless a reporter fetches a machine equal to what was reported."""
    found = reporter.fetch(machine.name, machine.project_name, revision)
    same = isinstance(found, Machine) and found.to_json() == machine.to_json()
    said = f"after {after} fetch gives another {shown(machine.key)} than was reported: {found!r:.300}"
    expect(same, said)


def expect_no_machine(reporter: BaseReporter, machine: Machine, *asked: str | None, after: str) -> None:
    """Fail unless a machine does not exist for a reporter.

    Args:
        reporter: The reporter.
        machine: The machine, or one with its name.
        asked: What fetch gets beside the name.
        after: What was done before.
    """
    error = error_of(reporter.fetch, machine.name, *asked)
    said = (
        f"after {after} fetch of {shown(machine.key)} must raise MachineDoesNotExist, but raised: {error!r}"
    )
    expect(isinstance(error, MachineDoesNotExist), said)


def expect_listed(
    reporter: BaseReporter, *machines: Machine, after: str, all_revisions: bool = False
) -> list[StoredMachine]:
    """Fail unless a reporter lists these machines, in these revisions, each once, and no other."""
    call = f"after {after} machines({'all_revisions=True' if all_revisions else ''})"
    return expect_listing(reporter.machines(all_revisions=all_revisions), *machines, of=call)


def expect_listing(listing: Iterable[StoredMachine], *machines: Machine, of: str) -> list[StoredMachine]:
    """Fail unless a listing has these machines, in these revisions, each once, and no other; give it."""
    listed = [*islice(listing, 2 * len(machines) + _FEW)]  # enough of one that never ends
    wanted = Counter((machine.key, machine.revision) for machine in machines)
    found = Counter((stored.key, stored.revision or "None") for stored in listed)
    for what, these in (("does not list", wanted - found), ("lists beside what is there", found - wanted)):
        expect(not these, f"{of} {what} {len(these)} of {len(wanted)}: {_list(these)}")
    return listed


def expect_honest_reading(
    reporter: BaseReporter, machine: Machine, held: Iterable[Machine], *, after: str
) -> None:
    """Fail if a reporter lists or fetches another machine than the backend holds, or none where it has one.

    Args:
        reporter: The reporter.
        machine: The machine that may not be there.
        held: What the backend holds of it, whole; of several revisions the newest comes last.
        after: What was done before.
    """
    there = [*held]
    listed = [stored.revision for stored in reporter.machines() if stored.key == machine.key]
    wanted = [each.revision for each in there[-1:]]
    expect(
        listed == wanted,
        f"after {after} the backend holds {shown(machine.key)} in the revisions {wanted}, "
        f"but machines() lists {listed}",
    )
    if there:
        expect_fetched(reporter, there[-1], after=after)
    else:
        expect_no_machine(reporter, machine, machine.project_name, after=after)


def shown(key: MachineKey) -> str:
    """Give a key for a message."""
    return ascii(str(key)[-60:])


def _list(these: Iterable[tuple[MachineKey, str]]) -> str:
    found = [f"{shown(key)} revision {revision[:12]}" for key, revision in these]
    return ", ".join(found[:_FEW]) + (f" and {len(found) - _FEW} more" if len(found) > _FEW else "")
