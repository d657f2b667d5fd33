"""The order of a list that may be longer than memory is large."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TypeAlias

from newsdesk.outbox import OutboxError

Row: TypeAlias = tuple[float, int, str]
"""What a row is sorted by: when it came, then its number; and its text."""


def oldest_first(rows: Iterable[Row], limit: int | None) -> Iterator[str]:
    """Yield the texts of rows by age, the oldest first; at most some of them.

    Without a limit they are sorted by SQLite, which takes a temporary file as soon as they are many.

    Raises:
        OutboxError: There is no room for temporary files.
    """
    if limit is not None:
        yield from (text for _, _, text in heapq.nsmallest(limit, rows))
        return
    try:
        with closing(sqlite3.connect("")) as db:  # the name of a temporary file, which SQLite deletes
            db.execute("PRAGMA journal_mode=OFF")
            db.execute("CREATE TABLE entries (created REAL, number INTEGER, text TEXT)")
            db.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
            for (text,) in db.execute("SELECT text FROM entries ORDER BY created, number"):
                yield text
    except sqlite3.Error as error:
        raise OutboxError(
            f"the list cannot be sorted: {error}; free space for temporary files, or give --limit"
        ) from error
