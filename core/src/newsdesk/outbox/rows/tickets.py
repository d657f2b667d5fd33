"""The sends in flight: which may still write to a backend, and who has them."""

import sqlite3
import time
from collections.abc import Iterator

from newsdesk.machine import MachineKey
from newsdesk.outbox.entry import Ticket
from newsdesk.outbox.processes import Processes
from newsdesk.outbox.rows import schema
from newsdesk.outbox.storage.faults import malformed

FORGOTTEN = 86400.0
"""Seconds after its lease for which a ticket is kept whose process may live on."""

_MACHINE = "label = ? AND project_name = ? AND name = ?"
_TICKET = "id, number, label, project_name, name"


class Tickets:
    """The rows of tickets: each is open from before a machine is sent until nothing more can be written."""

    def __init__(self, db: sqlite3.Connection, processes: Processes) -> None:
        self._db = db
        self._processes = processes

    def open(self, number: int, label: str, key: MachineKey, lease: float) -> Ticket:
        """Add a ticket of this process."""
        now = time.monotonic()
        values = (number, *schema.machine(label, key), self._processes.own(), now, now + lease)
        done = self._db.execute(
            "INSERT INTO tickets (number, label, project_name, name, process, opened, expires) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        return Ticket(int(done.lastrowid or 0), number, label, key)

    def is_crossed(self, ticket: Ticket) -> bool:
        """Whether an older send of the machine has ended since this one began."""
        found = self._db.execute(
            "SELECT crossed FROM tickets WHERE id = ? AND number = ?", (ticket.id, ticket.number)
        ).fetchone()
        return found is not None and schema.whole(found[0]) > 0

    def close(self, ticket: Ticket) -> None:
        """Drop a ticket; newer ones that are open are crossed by it."""
        self._db.execute("DELETE FROM tickets WHERE id = ? AND number = ?", (ticket.id, ticket.number))
        self._db.execute(
            f"UPDATE tickets SET crossed = 1 WHERE {_MACHINE} AND number > ?",
            (*schema.machine(ticket.label, ticket.key), ticket.number),
        )

    def has_older(self, label: str, key: MachineKey, number: int) -> bool:
        """Whether an older send of the machine may still write."""
        found = self._db.execute(
            f"SELECT 1 FROM tickets WHERE {_MACHINE} AND number < ? LIMIT 1",
            (*schema.machine(label, key), number),
        ).fetchone()
        return found is not None

    def abandoned(self) -> Iterator[Ticket]:
        """Give the tickets that nobody will close: of processes that are gone, and forgotten ones."""
        now = time.monotonic()
        for process, opened in self._known():
            # A clock that shows less than when a ticket was opened has begun anew, with the computer.
            if opened > now or self._processes.is_gone(process):
                yield from self._where("process = ?", process)
        yield from self._where("expires < ?", now - FORGOTTEN)

    def _known(self) -> Iterator[tuple[str, float]]:
        """Give each process that has tickets, with when its last one was opened: a look-up for each."""
        last = ""
        while row := self._db.execute(
            "SELECT process, opened FROM tickets WHERE process = "
            "(SELECT min(process) FROM tickets WHERE process > ?) ORDER BY opened DESC LIMIT 1",
            (last,),
        ).fetchone():
            process, opened = schema.plain_text(row[0]), schema.real(row[1])
            if process <= last:
                raise malformed("an index without an order")
            last = process
            yield process, opened

    def _where(self, condition: str, value: object) -> list[Ticket]:
        rows = self._db.execute(f"SELECT {_TICKET} FROM tickets WHERE {condition}", (value,)).fetchall()
        return [
            Ticket(
                id=schema.whole(row[0]),
                number=schema.whole(row[1]),
                label=schema.text(row[2]),
                key=MachineKey(schema.text(row[3]), schema.text(row[4])),
            )
            for row in rows
        ]
