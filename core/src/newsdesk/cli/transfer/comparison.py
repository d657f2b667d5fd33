"""Compares what two backends hold, machine by machine."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import click

from newsdesk.cli.transfer.ahead import ahead
from newsdesk.cli.transfer.endpoint import Endpoint
from newsdesk.cli.transfer.held import Held, State, compare
from newsdesk.cli.transfer.holdings import Holdings
from newsdesk.exceptions import DefinitionError, ReporterException, TransientReporterError
from newsdesk.machine import Machine, MachineKey

AHEAD = 16
"""Machines that are compared at a time, at most: with their records, where those are read."""


class Difference(NamedTuple):
    """What was found of one machine."""

    key: MachineKey
    state: State
    source: Held | None = None
    """What is held there; None if nothing is, or it cannot be read."""
    target: Held | None = None
    """The same of the other one."""
    reason: str | None = None
    """Why a record cannot be read."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "machine": {"project_name": self.key.project_name, "name": self.key.name},
            "state": str(self.state),
            "from": _shown(self.source),
            "to": _shown(self.target),
            "reason": self.reason,
        }


class Comparison:
    """Compares the newest revision of each machine.

    Args:
        source: One backend.
        listed: What it holds.
        target: The other one.
        held: What that holds.
        deep: Whether to read every record from both, and compare them; a redacted one equals its original.
    """

    def __init__(
        self, source: Endpoint, listed: Holdings, target: Endpoint, held: Holdings, *, deep: bool
    ) -> None:
        self.keys = sorted(listed.keys() | held.keys())
        """The machines that either of them holds."""
        self._source = source
        self._listed = listed
        self._target = target
        self._held = held
        self._deep = deep

    def results(self, workers: int = 1) -> Iterator[Difference]:
        """Yield one for each of the keys, in their order; also of equal machines.

        Raises:
            click.ClickException: A record had to be read, and its backend does not answer.
        """
        yield from ahead(self._compared, self.keys, workers=workers, most=max(AHEAD, 2 * workers))

    def _compared(self, key: MachineKey) -> Difference:
        [ours], [theirs] = self._listed.get(key, [None])[:1], self._held.get(key, [None])[:1]
        endpoint = self._source
        try:
            if ours is None or theirs is None:
                lacking, endpoint = self._target, self._source
                if ours is None:
                    lacking, endpoint = endpoint, lacking
                state = State.EXTRA if ours is None else State.MISSING
                if not _is_for(lacking, endpoint, key, ours or theirs):
                    state = State.SKIPPED
                return Difference(key, state, ours, theirs)
            ours = self._identified(endpoint, key, ours)
            endpoint = self._target
            theirs = self._identified(endpoint, key, theirs)
            if ours.revision != theirs.revision:
                theirs = endpoint.dated(key, theirs)
                endpoint = self._source
                ours = endpoint.dated(key, ours)
        except DefinitionError:  # it cannot read records back
            raise
        except TransientReporterError as error:
            raise click.ClickException(f"{endpoint.label} does not answer: {error}") from error
        except ReporterException as error:  # damaged, removed meanwhile, or a bug in the reporter
            return Difference(key, State.UNREADABLE, ours, theirs, f"{endpoint.label}: {error}")
        return Difference(key, compare(ours, theirs), ours, theirs)

    def _identified(self, endpoint: Endpoint, key: MachineKey, held: Held) -> Held:
        """Return what one of them holds with its revision: by its record, if that is to be read."""
        return endpoint.identified(key, held._replace(revision=None) if self._deep else held)


def _is_for(lacking: Endpoint, holding: Endpoint, key: MachineKey, held: Held | None) -> bool:
    """Return whether a machine is for the one that lacks it; its record is read unless its key decides."""
    if lacking.route.when is None:
        return True
    if lacking.route.when.is_by_key:
        machine = Machine(name=key.name, project_name=key.project_name)
    else:
        machine = holding.fetch(key, held and held.revision)
    return lacking.route.takes(machine)


def _shown(held: Held | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {"revision": held.revision, "created": _iso(held.created), "time": _iso(held.time)}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
