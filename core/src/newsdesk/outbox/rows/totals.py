"""What is counted of an outbox: the last number that was given, and the bytes that are kept."""

import sqlite3
import time

from newsdesk.outbox.rows import schema


class Totals:
    """A row that spares counting."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def numbers(self, count: int) -> int:
        """Take numbers for reports that begin now, and give the first.

        They rise even where the clock is set back, and with it also from a file to the one in its place.
        """
        row = self._db.execute("SELECT number FROM totals WHERE id = 1").fetchone()
        first = max(time.time_ns() // 1000, 1 + (0 if row is None else schema.whole(row[0])))
        self._db.execute(
            "INSERT INTO totals (id, number) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET number = ?",
            (first + count, first + count),
        )
        return first

    def used(self) -> int:
        """Give the bytes of all records; they are counted only when the total is damaged."""
        row = self._db.execute("SELECT bytes, inverse FROM totals WHERE id = 1").fetchone()
        if row is not None and isinstance(row[0], int) and row[1] == ~row[0]:
            return row[0]
        [(used,)] = self._db.execute("SELECT coalesce(sum(size), 0) FROM entries").fetchall()
        return schema.whole(used)

    def add(self, size: int) -> None:
        """Add the bytes of a record before its entry is added, or take them off before it is deleted."""
        used = max(0, self.used() + size)
        self._db.execute("UPDATE totals SET bytes = ?, inverse = ? WHERE id = 1", (used, ~used))
