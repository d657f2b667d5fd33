"""Durable: what is still owed, on disk."""

import hashlib
import logging
import os
import sqlite3
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from newsdesk.exceptions import MachineError
from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.database import Database, OutboxError, is_damage
from newsdesk.outbox.entry import Entry, State
from newsdesk.outbox.statements import APPLICATION, SCHEMA, VERSION, Bounds, Ledger

__all__ = ["Bounds", "DamagedError", "Entry", "Outbox", "OutboxError", "State"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_PAGE = 500
"""Entries that are read at once, so that a long list holds nobody up."""


class DamagedError(OutboxError):
    """An entry's record is not what it was when it came."""


class Outbox:
    """A SQLite file of what is owed: shared by any processes of one computer, whole after a loss of power.

    It holds records and the labels of reporters, never their parameters. `put` returns when the record is on
    the disk. An entry is sent under a claim that expires, so that of several senders one has it, and none
    keeps it who died.

    Args:
        path: The file; made when it is first used, see `newsdesk.outbox.database`.
        bounds: How much it takes.
    """

    def __init__(self, path: str | os.PathLike[str], bounds: Bounds | None = None) -> None:
        self.path = Path(path).absolute()
        self.bounds = bounds or Bounds()
        self._database = Database(self.path, schema=SCHEMA, application=APPLICATION, version=VERSION)
        weakref.finalize(self, self._database.close)

    def put(self, label: str, machine: Machine, *, error: str | None = None) -> int:
        """Keep a machine for a reporter, and give its number; on the disk when this returns.

        When its newest revision waits already, that is kept once. Older revisions are superseded.

        Raises:
            OutboxError: it could not be kept; the message names it.
        """
        shown = machine.redacted()
        try:
            return self._write(lambda ledger: ledger.put(label, shown, error))
        except OutboxError as problem:
            raise OutboxError(f"{machine.key} could not be kept for {label}: {problem}") from problem

    def claim(
        self,
        labels: Iterable[str],
        *,
        lease: float,
        limit: int = 1,
        due_by: float = float("inf"),
        run: str | None = None,
    ) -> list[Entry]:
        """Claim the entries that have waited longest; nobody else gets them meanwhile.

        Of a machine that somebody is sending just now, nothing is given: its revisions go out in their order.

        Args:
            labels: The reporters whose entries.
            lease: Seconds after which the claim expires.
            limit: Entries at the most.
            due_by: Only those that are due by then, as seconds since 1970.
            run: A token of the caller's; an entry is given to the same token once.
        """
        wanted = list(labels)
        return self._free(
            lambda ledger: ledger.claim(wanted, lease=lease, limit=limit, due_by=due_by, run=run)
        )

    def load(self, entry: Entry) -> Machine:
        """Give an entry's machine.

        Raises:
            DamagedError: its record is damaged, or there is none any more.
        """
        told = f"entry {entry.id} ({entry.key} for {entry.label})"
        try:
            record = self._read(lambda ledger: ledger.record(entry.id))
        except OutboxError as error:
            if not is_damage(error.__cause__):
                raise
            raise DamagedError(f"{told} is damaged: {error}") from error
        if record is None:
            raise DamagedError(f"{told} has no record any more, because a newer one was delivered")
        if hashlib.sha256(record).hexdigest() != entry.revision:
            raise DamagedError(
                f"{told} is damaged: its record is not what was kept; report the machine again"
            )
        try:
            return Machine.from_json(record)
        except MachineError as error:
            raise DamagedError(f"{told} cannot be read: {error}; report the machine again") from error

    def delivered(self, entry: Entry) -> bool:
        """Take a claimed entry out, since its reporter has it; older revisions give up their records.

        Returns:
            Whether the claim still held; an entry that somebody else has now stays.
        """
        held = self._free(lambda ledger: ledger.delivered(entry))
        if held:
            self._forget_older(entry.label, entry.key, before=entry.id)
        if not self._database.reserve.is_kept:  # the disk is full: the room is needed at once
            self.shrink()
        return held

    def waiting(self, label: str, key: MachineKey) -> list[Entry]:
        """Give what waits of one machine for one reporter, dead entries too; see `overtake`."""
        return self._read(lambda ledger: ledger.waiting(label, key))

    def overtake(self, label: str, machine: Machine, seen: Sequence[Entry]) -> None:
        """Tell that a reporter got a machine by another way, and what had been `waiting` before that began.

        It is superseded. But when somebody has sent an older revision meanwhile, nobody knows which came
        last: then the machine is owed once more, and the reporter has the newest in the end.
        """
        if seen:
            shown = machine.redacted()
            if self._free(lambda ledger: ledger.overtake(label, shown, seen)):
                self._forget_older(label, shown.key, before=seen[-1].id + 1)

    def release(self, entry: Entry, *, error: str, pause: float, counts: bool = True) -> State | None:
        """Give a claimed entry back that failed, to be sent again in `pause` seconds; or it is dead.

        Args:
            entry: The entry.
            error: Why it failed.
            pause: Seconds.
            counts: Whether it was an attempt; not, when the entry had no fair chance.

        Returns:
            Its state now; None when the claim was lost, and nothing was changed.
        """
        due = time.time() + pause
        return self._free(lambda ledger: ledger.release(entry, error, due, counts=counts))

    def bury(self, entry: Entry, *, error: str) -> bool:
        """Put a claimed entry with the dead: it will never work, or a person has to look at it.

        Returns:
            Whether the claim still held.
        """
        return self._free(lambda ledger: ledger.settle(entry, State.DEAD, error, time.time()))

    def requeue(self, ids: Iterable[int] | None = None) -> int:
        """Send dead entries again from the start: these, or all; give how many are owed again.

        One of a machine of which a newer revision waits is superseded instead.
        """
        return self._write(lambda ledger: ledger.requeue(ids))

    def prune(self, *, dead_for: float | None = None) -> Mapping[State, int]:
        """Drop the entries that nobody will send, and give how many of which state; never what waits.

        One whose record is damaged stays, and the log tells it.

        Args:
            dead_for: Seconds; besides the superseded entries, those go that have been dead for so long.
        """
        dead_by = float("-inf") if dead_for is None else time.time() - dead_for
        dropped, after = Counter[State](), 0
        while ids := self._read(partial(Ledger.prunable, dead_by=dead_by, after=after, limit=_PAGE)):
            dropped.update(self._prune(ids, dead_by))
            after = ids[-1]
        self.shrink()
        return dropped

    def entries(self, *states: State) -> Iterator[Entry]:
        """Give the entries in these states, or all, in the order in which they came."""
        wanted, after = states or tuple(State), 0
        while page := self._page(wanted, after):
            yield from page
            after = page[-1].id

    def counts(self) -> Mapping[tuple[str, State], int]:
        """Give how many entries of each reporter are in each state."""
        return self._read(lambda ledger: ledger.counts())

    def shrink(self) -> None:
        """Give free room back to the disk, when there is much of it."""
        self._database.shrink()

    def close(self) -> None:
        """Close the file; what uses it next opens it again."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.bounds)

    def _forget_older(self, label: str, key: MachineKey, *, before: int) -> None:
        """Drop the records that a newer revision made needless.

        Each by itself: one that is damaged stays, and neither it nor a fault here undoes what was settled.
        """
        try:
            needless = self._read(lambda ledger: ledger.needless(label, key, before))
        except OutboxError as error:
            _log.debug("what is needless of %s for %s is not known: %s", key, label, error)
            return
        for number in needless:
            try:
                self._free(partial(Ledger.forget, number=number))
            except OutboxError as error:
                _log.debug("the record of entry %d stays: %s", number, error)

    def _prune(self, ids: Sequence[int], dead_by: float) -> list[State]:
        try:
            return self._free(partial(Ledger.prune, ids=ids, dead_by=dead_by))
        except OutboxError as error:
            if not is_damage(error.__cause__):
                raise
            if len(ids) == 1:
                _log.warning("entry %d stays in the outbox: %s", ids[0], error)
                return []
        return [state for number in ids for state in self._prune([number], dead_by)]

    def _page(self, states: Sequence[State], after: int) -> list[Entry]:
        return self._read(lambda ledger: ledger.page(states, after, _PAGE))

    def _read(self, work: Callable[[Ledger], T]) -> T:
        return self._database.read(self._on_ledger(work))

    def _write(self, work: Callable[[Ledger], T]) -> T:
        return self._database.write(self._on_ledger(work))

    def _free(self, work: Callable[[Ledger], T]) -> T:
        """Write what makes room in the end: it may use the reserve."""
        return self._database.write(self._on_ledger(work), frees_space=True)

    def _on_ledger(self, work: Callable[[Ledger], T]) -> Callable[[sqlite3.Connection], T]:
        return lambda db: work(Ledger(db, self.bounds))
