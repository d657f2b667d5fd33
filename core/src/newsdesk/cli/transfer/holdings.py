"""What backends hold of the machines that a command is about."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import click

from newsdesk.cli.transfer.ahead import ahead
from newsdesk.cli.transfer.endpoint import Endpoint
from newsdesk.cli.transfer.held import Held
from newsdesk.contract.stored import StoredMachine, sole_project
from newsdesk.exceptions import DefinitionError, MachineDoesNotExist
from newsdesk.machine import Machine, MachineKey

if TYPE_CHECKING:
    from newsdesk.outbox import BaseOutbox

T = TypeVar("T")

CHUNK = 200
"""Machines in one request to the backend."""

Holdings = dict[MachineKey, list[Held]]
"""The revisions of each machine, the newest first."""


@dataclass(frozen=True)
class Selection:
    """The machines that a command is about."""

    project: str | None = None
    """Only those of this project."""
    names: tuple[str, ...] = ()
    """Only those of these names, as `NAME` or `PROJECT/NAME`; all, when empty."""

    def __contains__(self, key: MachineKey) -> bool:
        is_named = (
            not self.names or key.name in self.names or (self.project is None and str(key) in self.names)
        )
        return self.project in {None, key.project_name} and is_named

    def of(self, endpoint: Endpoint, *, all_revisions: bool = False) -> Holdings:
        """Return what a backend holds of them.

        Raises:
            MachineDoesNotExist: It has none of a name that was given.
            AmbiguousMachine: Several projects have one.
            DefinitionError: Its reporter cannot list what it holds.
            click.ClickException: It does not answer.
        """
        found = _holdings(endpoint.machines(all_revisions=all_revisions), self.__contains__)
        return {key: found[key] for key in self._named(found)} if self.names else found

    def check(self, *found: Holdings) -> None:
        """Refuse a project of which no backend holds a machine: a mistyped one must not pass for done.

        Raises:
            click.UsageError: It is one.
        """
        if self.project is not None and not any(found):
            where = "neither reporter holds a" if len(found) > 1 else "the reporter of --from holds no"
            raise click.UsageError(f"{where} machine of the project {self.project!r}; correct it")

    def _named(self, keys: Collection[MachineKey]) -> Iterator[MachineKey]:
        """Yield the machine of each name: `PROJECT/NAME` comes before a name that holds a `/`."""
        for name in dict.fromkeys(self.names):
            whole = [key for key in keys if str(key) == name] if self.project is None else []
            known = whole or [key for key in keys if key.name == name]
            if not known and self.project is not None:
                raise MachineDoesNotExist(name, self.project)
            project = sole_project(name, [key.project_name for key in known])
            yield next(key for key in known if key.project_name == project)


def held_of(keys: Collection[MachineKey], endpoint: Endpoint, *, all_revisions: bool = False) -> Holdings:
    """Return what a backend holds of some machines, as far as its reporter can tell.

    One that knows only which machines it holds gives each one revision that is not known.

    Raises:
        click.ClickException: It does not answer.
    """
    try:
        return _holdings(endpoint.machines(all_revisions=all_revisions), keys.__contains__)
    except DefinitionError as error:
        if not isinstance(error.__cause__, NotImplementedError):
            raise
    try:
        held = [key for chunk in _chunks(keys) for key in endpoint.holds(chunk)]
    except NotImplementedError:
        return {}
    return {key: [Held(None, None, None)] for key in held}


def owed_of(keys: Collection[MachineKey], outbox: "BaseOutbox", label: str) -> dict[MachineKey, Held]:
    """Return what an outbox is going to send to a reporter of some machines.

    Raises:
        OutboxError: It cannot be read.
    """
    # SQLite, only for those who have an outbox.
    from newsdesk.outbox import DamagedError, State  # noqa: PLC0415

    owed: dict[MachineKey, Held] = {}
    for entry in outbox.entries(State.OWED, State.CLAIMED):
        if entry.label == label and entry.key in keys:
            held = Held(entry.revision, None, datetime.fromtimestamp(entry.created, UTC))
            with contextlib.suppress(DamagedError):  # which is reported when it is sent
                held = held.with_record(outbox.load(entry))
            owed[entry.key] = held
    return owed


def not_held(machines: Iterable[Machine], endpoint: Endpoint, workers: int = 1) -> Iterator[Machine]:
    """Yield the machines that are for a backend, and that it does not hold, in any revision.

    Raises:
        DefinitionError: Its reporter cannot tell.
        click.ClickException: It does not answer.
    """

    def missing(chunk: list[Machine]) -> list[Machine]:
        try:
            held = endpoint.holds([machine.key for machine in chunk])
        except NotImplementedError as error:
            raise DefinitionError(
                f"{error}; use 'newsdesk report', which leaves what is unchanged alone"
            ) from error
        return [machine for machine in chunk if machine.key not in held]

    wanted = filter(endpoint.route.takes, machines)
    for chunk in ahead(missing, _chunks(wanted), workers=workers, most=workers):
        yield from chunk


def _holdings(stored: Iterable[StoredMachine], is_wanted: Callable[[MachineKey], bool]) -> Holdings:
    found: Holdings = {}
    for each in stored:
        if is_wanted(each.key):
            revisions = found.setdefault(each.key, [])
            if each.revision is None or all(each.revision != held.revision for held in revisions):
                revisions.append(Held.of(each))
    return found


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(items)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
