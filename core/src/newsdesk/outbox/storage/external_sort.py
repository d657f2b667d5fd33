"""Sorts what may be larger than memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing

from newsdesk.outbox.storage.faults import OutboxError


def in_order(rows: Iterable[tuple[float, int, str]]) -> Iterator[str]:
    """Yield the texts of rows, by the two numbers before them.

    SQLite sorts them, and takes a temporary file as soon as they are many.

    Raises:
        OutboxError: There is no room for temporary files.
    """
    try:
        # No name: a temporary file, which SQLite deletes. Whichever thread drops the iterator closes it.
        with closing(sqlite3.connect("", check_same_thread=False)) as db:
            db.execute("PRAGMA journal_mode=OFF")
            db.execute("CREATE TABLE rows (first REAL, second INTEGER, text TEXT)")
            db.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
            for (text,) in db.execute("SELECT text FROM rows ORDER BY first, second"):
                yield text
    except sqlite3.Error as error:
        raise OutboxError(f"the entries cannot be sorted: {error}; free space for temporary files") from error
