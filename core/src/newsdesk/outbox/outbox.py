"""Durable: what is still owed, on disk."""

import logging
import os
import time
import weakref
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.backlog import Group, Total
from newsdesk.outbox.base import BaseOutbox
from newsdesk.outbox.bounds import Bounds
from newsdesk.outbox.entry import Entry, State, Ticket, machine_of
from newsdesk.outbox.ledger import Ledger
from newsdesk.outbox.rows.schema import FORMAT
from newsdesk.outbox.rows.store import Store, Work
from newsdesk.outbox.rows.table import Table
from newsdesk.outbox.storage.database import BUSY, Database
from newsdesk.outbox.storage.faults import DamagedError, OutboxError, is_damage

_log = logging.getLogger(__name__)

_PAGE = 500
"""Entries that are read at once, so that a long list holds nobody up."""

_PROBE = 64 << 10
"""Bytes that `probe` writes: as many as a usual record has."""


class Outbox(BaseOutbox):
    """A SQLite file of what is owed: shared by any processes of one computer, whole after a loss of power.

    It holds records and the labels of reporters, never their parameters. `put` returns when the record is on
    the disk. An entry is sent under a claim that expires, so that of several senders one has it, and none
    keeps it who died.

    Reports are ordered: each takes a `Ticket` before it sends (`begin`), and gives it back with what became
    of it (`settle`, `put` or `end`). A claim is a ticket too. The newest revision wins: what is delivered
    settles all that is older, and is sent once more when an older one that was in flight meanwhile has
    ended.

    Every method raises an `OutboxError` when the file cannot be used, whatever is wrong with it.

    Args:
        path: The file; made when it is first used, see `newsdesk.outbox.storage.database`.
        bounds: How much it takes.
    """

    def __init__(self, path: str | os.PathLike[str], bounds: Bounds | None = None) -> None:
        self.path = Path(path).absolute()
        self.bounds = bounds or Bounds()
        self._database = Database(self.path, FORMAT)
        self._store = Store(self._database, self.bounds)
        weakref.finalize(self, self._database.close)

    @property
    def place(self) -> str:
        """Its path."""
        return str(self.path)

    def begin(
        self, labels: Iterable[str], keys: Iterable[MachineKey], *, lease: float, within: float = BUSY
    ) -> list[dict[str, Ticket]]:
        """Give a ticket for each of these machines and reporters, before anything is sent.

        They order the reports, so nothing is forced to the disk: after a loss of power nobody holds one.

        Args:
            labels: The reporters that will get them.
            keys: The machines; where one repeats, the later one is newer.
            lease: Seconds that the report should take at most; it is not an error when it takes longer.
            within: Seconds to wait while others use the file.

        Returns:
            The tickets by label, for each machine.
        """
        wanted, machines = list(labels), list(keys)
        return self._store.write(
            lambda ledger: ledger.begin(wanted, machines, lease),
            durable=False,
            within=within,
            frees_space=True,
        )

    def is_late(self, ticket: Ticket, *, within: float = BUSY) -> bool:
        """Whether a newer revision was delivered or is owed, so that this one need not be sent."""
        return self._store.read(lambda ledger: ledger.is_late(ticket), within=within)

    def put(
        self,
        label: str,
        machine: Machine,
        *,
        error: str | None = None,
        ticket: Ticket | None = None,
        running: bool = False,
        within: float = BUSY,
    ) -> int | None:
        """Keep a machine for a reporter, and give its id; on the disk when this returns.

        When its newest revision is owed already, that is kept once. Older revisions that are owed are
        deleted.

        Args:
            label: The reporter.
            machine: The machine.
            error: Why it is not delivered.
            ticket: What its report began with, and ends with; without one, it begins now.
            running: Whether the report may still write, so that its ticket stays open until `end`.
            within: Seconds to wait while others use the file.

        Returns:
            None when a newer revision is owed or delivered, so that nothing is kept.

        Raises:
            OutboxError: it could not be kept; the message names it.
        """
        shown = machine.redacted()
        try:
            return self._store.write(
                lambda ledger: ledger.put(label, shown, error, ticket, running=running), within=within
            )
        except OutboxError as problem:
            raise OutboxError(f"{machine.key} could not be kept for {label}: {problem}") from problem

    def settle(
        self, machine: Machine, ticket: Ticket, *, running: bool = False, within: float = BUSY
    ) -> bool:
        """End a report that was delivered: what is older of the machine and owed is deleted.

        Args:
            machine: The machine.
            ticket: What its report began with.
            running: Whether a call of the report may still write, so that its ticket stays open until `end`.
            within: Seconds to wait while others use the file.

        Returns:
            False when a newer revision was delivered before; that one is owed again.
        """
        shown = machine.redacted()
        return self._store.settle(lambda ledger: ledger.settle(shown, ticket, running=running), within=within)

    def end(self, ticket: Ticket, *, within: float = BUSY) -> None:
        """End a report that was not delivered, and is not to be kept; or one that was put while `running`."""
        self._store.settle(lambda ledger: ledger.end(ticket), within=within)

    def claim(
        self,
        labels: Iterable[str],
        *,
        lease: float,
        limit: int = 1,
        due_by: float = float("inf"),
        run: str | None = None,
        within: float = BUSY,
    ) -> list[Entry]:
        """Claim the entries that have waited longest; nobody else gets them meanwhile.

        Of a machine that another sender has claimed, nothing is given: its revisions go out in their order.

        Args:
            labels: The reporters whose entries.
            lease: Seconds after which the claim expires; at once when this process is seen to be gone.
            limit: Entries at the most.
            due_by: Only those that are due by then, as seconds since 1970.
            run: A token of the caller's; an entry is given to the same token once.
            within: Seconds to wait while others use the file.
        """
        wanted = list(labels)
        return self._store.write(
            lambda ledger: ledger.claim(wanted, lease=lease, limit=limit, due_by=due_by, run=run),
            durable=False,
            within=within,
            frees_space=True,
        )

    def load(self, entry: Entry) -> Machine:
        """Give an entry's machine.

        Raises:
            DamagedError: its record is damaged, or there is none any more.
        """
        try:
            record = self._store.read(lambda ledger: ledger.table.record(entry.id))
        except OutboxError as error:
            if not is_damage(error.__cause__):
                raise
            raise DamagedError(f"{entry} is damaged: {error}") from error
        return machine_of(entry, record)

    def delivered(self, entry: Entry, *, running: bool = False) -> bool:
        """Take a claimed entry out, since its reporter has it; what is older is deleted.

        Args:
            entry: The entry.
            running: Whether a call of the sender may still write, so that its ticket stays open until `end`.

        Returns:
            False when the claim was lost meanwhile, or a newer revision was delivered before.
        """
        held = self._store.write(lambda ledger: ledger.delivered(entry, running=running), frees_space=True)
        if not self._database.reserve.is_kept:  # the disk is full: the room is needed at once
            self.shrink()
        return held

    def release(
        self, entry: Entry, *, error: str, pause: float, counts: bool = True, running: bool = False
    ) -> State | None:
        """Give a claimed entry back that failed, to be sent again in `pause` seconds; or it is dead.

        Args:
            entry: The entry.
            error: Why it failed.
            pause: Seconds.
            counts: Whether it was an attempt; not, when the entry had no fair chance.
            running: Whether the sender may still write, so that its ticket stays open while the process
            lives.

        Returns:
            Its state now; None when the claim was lost, or a newer revision has replaced it.
        """
        return self._store.write(
            lambda ledger: ledger.release(entry, error, pause, counts=counts, running=running),
            frees_space=True,
        )

    def bury(self, entry: Entry, *, error: str, running: bool = False) -> bool:
        """Put a claimed entry with the dead: it will never work, or a person has to look at it.

        Args:
            entry: The entry.
            error: Why it failed.
            running: Whether a call of the sender may still write, so that its ticket stays open until `end`.

        Returns:
            Whether the claim still held.
        """
        return self._store.write(lambda ledger: ledger.bury(entry, error, running=running), frees_space=True)

    def requeue(self, ids: Iterable[int] | None = None) -> int:
        """Send dead entries again from the start: these, or all; give how many are owed again.

        One of a machine of which a newer revision is owed is deleted instead.
        """
        wanted = None if ids is None else list(ids)
        return self._store.write(lambda ledger: ledger.requeue(wanted))

    def prune(self, *, dead_for: float | None = None) -> Mapping[State, int]:
        """Delete dead entries, and give how many; then give free room back to the disk.

        One whose record is damaged stays, and the log tells it.

        Args:
            dead_for: Seconds for which they have been dead; None deletes none.
        """
        died_by = float("-inf") if dead_for is None else time.time() - dead_for
        dropped, after = Counter[State](), 0
        while ids := self._store.read(self._dead_since(died_by, after)):
            dropped[State.DEAD] += self._prune(ids, died_by)
            after = ids[-1]
        self.shrink()
        return +dropped

    def entries(self, *states: State, labels: Collection[str] | None = None) -> Iterator[Entry]:
        """Give the entries in these states, or all, in the order in which they came."""
        wanted, after = states or tuple(State), 0
        while page := self._page(wanted, labels, after):
            yield from page
            after = page[-1].id

    def totals(self) -> Mapping[Group, Total]:
        """Sum up the entries of each reporter in each state."""
        return self._store.read(lambda ledger: ledger.table.totals())

    def probe(self) -> None:
        """Write as many bytes as a record has, and take them back.

        Raises:
            OutboxError: nothing can be kept.
        """
        for size in (_PROBE, 0):
            self._store.write(partial(_fill, size=size))

    def shrink(self) -> None:
        """Give free room back to the disk, when there is much of it."""
        self._database.shrink()

    def close(self) -> None:
        """Close the file; what uses it next opens it again."""
        self._database.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.bounds)

    def _dead_since(self, died_by: float, after: int) -> Work[list[int]]:
        return lambda ledger: ledger.table.dead_since(died_by, after, _PAGE)

    def _prune(self, ids: Sequence[int], died_by: float) -> int:
        dropped = self._store.write(lambda ledger: ledger.prune(ids, died_by), frees_space=True)
        for id_ in (id_ for id_, is_gone in dropped.items() if not is_gone):
            _log.warning("entry %d stays in the outbox: its record is damaged, and cannot be deleted", id_)
        return sum(dropped.values())

    def _page(self, states: Sequence[State], labels: Collection[str] | None, after: int) -> list[Entry]:
        return self._store.read(lambda ledger: ledger.table.page(states, labels, after, _PAGE))


def _fill(ledger: Ledger[Table], size: int) -> None:
    ledger.table.fill(size)
