"""What a file must be to be used: how it is opened, recognized, and filled when it is new."""

import functools
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsdesk.outbox.storage.faults import OutboxError, malformed

LOG_SIZE = 4 << 20
"""Bytes that SQLite's log keeps when it is empty; a large record makes it larger for a while."""


@dataclass(frozen=True)
class Format:
    """What a SQLite file of ours holds."""

    schema: Sequence[str]
    """The statements that a new file gets."""
    application: int
    """The number that says whose file it is (SQLite's `application_id`)."""
    version: int
    """The number of the schema (SQLite's `user_version`)."""

    def prepare(self, db: sqlite3.Connection, path: Path) -> None:
        """Set a connection up, and fill a new file.

        Raises:
            OutboxError: the file is something else.
        """
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # before all else: a file that has a page keeps its mode
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA fullfsync=ON")  # macOS, whose fsync alone does not reach the disk
        db.execute(f"PRAGMA journal_size_limit={LOG_SIZE}")
        # Some systems turn it on; then taking out a large record on a full disk needs room to overwrite it.
        db.execute("PRAGMA secure_delete=OFF")
        # Two reads outside a transaction may have the commit of another process between them that makes the
        # file just now: so what is not an outbox is only refused under the lock.
        if pragma(db, "application_id") == self.application and self._is_in(db, path):
            return
        with db:
            db.execute("BEGIN IMMEDIATE")
            if not self._is_in(db, path):  # nobody was faster
                self._fill(db)

    def _is_in(self, db: sqlite3.Connection, path: Path) -> bool:
        """Whether the file is ready.

        Raises:
            OutboxError: it is something else.
        """
        application, version = pragma(db, "application_id"), pragma(db, "user_version")
        if application == self.application:
            self._refuse_other(version, path)
            return True
        if db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
            raise OutboxError(
                f"{str(path)!r} is a SQLite file, but not an outbox: name another file, which is made when "
                "it is needed"
            )
        return False

    def _refuse_other(self, version: int, path: Path) -> None:
        which = f"(format {version}, this one knows {self.version})"
        if version > self.version:
            raise OutboxError(
                f"the outbox {str(path)!r} was made by a newer newsdesk {which}: upgrade newsdesk, or name "
                "another file"
            )
        if version < self.version:
            raise OutboxError(
                f"the outbox {str(path)!r} was made by an older newsdesk {which}: send what it owes with "
                "'newsdesk outbox send' of the older one, then remove the file; or name another file"
            )

    def _fill(self, db: sqlite3.Connection) -> None:
        for statement in self.schema:
            db.execute(statement)
        db.execute(f"PRAGMA application_id={self.application}")
        db.execute(f"PRAGMA user_version={self.version}")


def connect(path: Path, timeout: float) -> sqlite3.Connection:
    """Open a file that is there, for any thread, without transactions that Python begins.

    Args:
        path: The file.
        timeout: Seconds that SQLite waits for a lock.
    """
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",  # SQLite must not make the file itself, for anybody to read
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    db.text_factory = functools.partial(str, encoding="utf-8", errors="replace")  # of a damaged file
    return db


def pragma(db: sqlite3.Connection, name: str) -> int:
    """Read a number of SQLite's own."""
    row = db.execute(f"PRAGMA {name}").fetchone()
    if row is None:
        raise malformed(f"no {name}")
    return int(row[0])
