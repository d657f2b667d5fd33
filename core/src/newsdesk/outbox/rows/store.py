"""Runs the rules of an outbox on its file, each in one transaction."""

from collections.abc import Callable
from sqlite3 import Connection
from typing import TypeVar

from newsdesk.outbox.bounds import Bounds
from newsdesk.outbox.ledger import Ledger
from newsdesk.outbox.processes import Processes
from newsdesk.outbox.rows.table import Table
from newsdesk.outbox.rows.tickets import Tickets
from newsdesk.outbox.storage.database import BUSY, Database
from newsdesk.outbox.storage.faults import OutboxError

T = TypeVar("T")
Work = Callable[[Ledger[Table]], T]


class _NotDurableError(Exception):
    """What was not worth forcing to the disk has turned out to be."""


class Store:
    """A ledger that is kept in a database.

    Args:
        database: The database.
        bounds: How much is kept.
    """

    def __init__(self, database: Database, bounds: Bounds) -> None:
        self.processes = Processes()
        self._database = database
        self._bounds = bounds

    def read(self, work: Work[T], *, within: float = BUSY) -> T:
        """Run what only reads."""
        return self._database.read(self._on_ledger(work, set()), within=within)

    def write(
        self, work: Work[T], *, durable: bool = True, within: float = BUSY, frees_space: bool = False
    ) -> T:
        """Run all of `work` or nothing of it; what cannot be deleted is left, as something dead."""
        stuck: set[int] = set()
        while True:
            known = len(stuck)
            on_ledger = self._on_ledger(work, stuck)
            try:
                return self._database.write(
                    on_ledger, durable=durable, within=within, frees_space=frees_space
                )
            except OutboxError:
                if len(stuck) == known:
                    raise

    def settle(self, work: Work[T], *, within: float) -> T:
        """End a report; this is forced to the disk only when entries change by it, which is rare."""

        def cheaply(ledger: Ledger[Table]) -> T:
            result = work(ledger)
            if ledger.table.changed:
                raise _NotDurableError
            return result

        try:
            return self.write(cheaply, within=within, durable=False, frees_space=True)
        except _NotDurableError:
            return self.write(work, within=within, frees_space=True)

    def _on_ledger(self, work: Work[T], stuck: set[int]) -> Callable[[Connection], T]:
        return lambda db: work(Ledger(Table(db, stuck), Tickets(db, self.processes), self._bounds))
