"""A SQLite file that threads, forks and any number of processes share, and that outlives a loss of power."""

import contextlib
import functools
import logging
import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from newsdesk.atomic import make_folder
from newsdesk.exceptions import ReporterException
from newsdesk.outbox.mounts import remote_type
from newsdesk.outbox.reserve import Reserve

BUSY = 30.0
"""Seconds to wait while other processes write."""

LOG_SIZE = 4 << 20
"""Bytes that SQLite's log keeps when it is empty; a large record makes it larger for a while."""

T = TypeVar("T")

_log = logging.getLogger(__name__)

_lock = threading.RLock()
"""Held whenever this process is at any such file: a fork waits for it, and so finds all of them closed."""

_databases: "weakref.WeakSet[Database]" = weakref.WeakSet()


class OutboxError(ReporterException):
    """The outbox could not keep a record, or could not be used."""


class Database:
    """A SQLite file, opened when it is first used.

    Written with a write-ahead log and `synchronous=FULL`: what `write` has done is on the disk when it
    returns. Several processes of one computer may use it; SQLite's log needs memory that they share, so a
    network file system is no place for it.

    Within a process there is one connection, used by one thread at a time. None is open during a fork: a
    child that inherits one believes that it holds locks which belong to its parent alone, and then each
    deletes the other's log.

    Args:
        path: The file; made when it is first used, for its owner alone (0600), and so is its folder (0700).
        schema: What a new file gets.
        application: The number that tells whose file it is (SQLite's `application_id`).
        version: The number of the schema (SQLite's `user_version`).
    """

    def __init__(self, path: Path, *, schema: str, application: int, version: int) -> None:
        self.path = path
        self.reserve = Reserve(path.with_name(f"{path.name}-reserve"))
        self._schema, self._application, self._version = schema, application, version
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        with _lock:
            _databases.add(self)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run what only reads.

        Raises:
            OutboxError: the file cannot be used.
        """
        with _lock, self._told("read"):
            return work(self._connected())

    def write(self, work: Callable[[sqlite3.Connection], T], *, frees_space: bool = False) -> T:
        """Run all of `work` in one transaction, or nothing of it; on the disk when this returns.

        Args:
            work: What writes. It may be run twice.
            frees_space: Whether it may use the room of the reserve when the disk is full.

        Raises:
            OutboxError: the file cannot be used.
        """
        with _lock, self._told("written to"):
            try:
                return self._transact(work)
            except (sqlite3.Error, OSError) as error:
                if not (frees_space and is_full(error)):
                    raise
                self.reserve.give_up()
            return self._transact(work)

    def shrink(self) -> None:
        """Give free room back to the disk, when there is much of it or no reserve; then remake the reserve.

        Nothing depends on it: where it does not work now, it is left for the next time.
        """
        with _lock:
            try:
                self._shrink(self._connected())
            except (OutboxError, sqlite3.Error, OSError) as error:
                _log.debug("the outbox %s could not be made smaller: %s", self.path, error)

    def close(self) -> None:
        """Close the file; what uses it next opens it again."""
        with _lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._process == os.getpid():
                connection.close()

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._connected()
        # The lock from the start: nobody changes what is read here before it is written.
        db.execute("BEGIN IMMEDIATE")
        try:
            result = work(db)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # SQLite has ended it itself after some errors
                db.execute("ROLLBACK")
            raise
        return result

    def _shrink(self, db: sqlite3.Connection) -> None:
        free = _pragma(db, "freelist_count") * _pragma(db, "page_size")
        if free < LOG_SIZE and self.reserve.is_kept:
            return
        db.execute("PRAGMA busy_timeout=100")
        try:
            # executescript, because it alone goes on to the end: execute stops after the first page.
            db.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
        finally:
            db.execute(f"PRAGMA busy_timeout={BUSY * 1000:.0f}")
        self.reserve.keep()

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection, self._process = self._connect(), os.getpid()
            self.reserve.keep()
        elif self._process != os.getpid():
            raise OutboxError(
                f"the outbox {str(self.path)!r} was open in a process that forked without Python's "
                "knowledge, and must not be used in the child; close the desk before such a fork"
            )
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        _warn_if_remote(self.path)
        _create(self.path)
        # mode=rw: SQLite must not make the file itself, for anybody to read.
        db = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY,
            isolation_level=None,
            check_same_thread=False,  # the lock sees to it
        )
        try:
            db.row_factory = sqlite3.Row
            db.text_factory = functools.partial(str, encoding="utf-8", errors="replace")  # of a damaged file
            _patiently(self._prepare, db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # before all else: a file that has a page keeps its mode
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA fullfsync=ON")  # macOS, whose fsync alone does not reach the disk
        db.execute(f"PRAGMA journal_size_limit={LOG_SIZE}")
        # Some systems turn it on; then taking out a large record on a full disk needs room to overwrite it.
        db.execute("PRAGMA secure_delete=OFF")
        # Two reads outside a transaction may have the commit of somebody between them who makes the file just
        # now: so what is no outbox is only told under the lock.
        if _pragma(db, "application_id") == self._application and self._is_ours(db):
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            if not self._is_ours(db):  # nobody was faster
                self._fill(db)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _is_ours(self, db: sqlite3.Connection) -> bool:
        """Tell whether the file is ready.

        Raises:
            OutboxError: it is something else.
        """
        application, version = _pragma(db, "application_id"), _pragma(db, "user_version")
        if application == self._application:
            if version > self._version:
                raise OutboxError(
                    f"the outbox {str(self.path)!r} was made by a newer newsdesk (format {version}, this one "
                    f"knows {self._version}): upgrade newsdesk, or name another file"
                )
            return True
        if db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
            raise OutboxError(
                f"{str(self.path)!r} is a SQLite file, but no outbox: name another file, which is made when "
                "it is needed"
            )
        return False

    def _fill(self, db: sqlite3.Connection) -> None:
        for statement in filter(str.strip, self._schema.split(";")):
            db.execute(statement)
        db.execute(f"PRAGMA application_id={self._application}")
        db.execute(f"PRAGMA user_version={self._version}")

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Tell the errors of SQLite and of the system as ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutboxError(
                f"the outbox {str(self.path)!r} cannot be {what}: {error}; {_advice(error)}"
            ) from error


def is_full(error: Exception) -> bool:
    """Tell whether an error says that the disk is full."""
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    return getattr(error, "sqlite_errorcode", None) in _FULL


def is_damage(error: BaseException | None) -> bool:
    """Tell whether an error says that the file is damaged."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
_NO_SPACE = (28, 122)  # ENOSPC, EDQUOT


def _code(error: BaseException | None) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the rest are details


def _advice(error: Exception) -> str:
    if is_full(error):
        return "free space on its disk, or send what is owed with 'newsdesk outbox send'"
    if is_damage(error):
        return "the file is damaged: move it away, and mend it with '.recover' of the sqlite3 program"
    if _code(error) == sqlite3.SQLITE_BUSY:
        return f"somebody has held it for {BUSY:.0f} seconds: see which process has it open"
    return "see to it that this user may write to the file and to its folder, and that the disk works"


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _patiently(prepare: Callable[[sqlite3.Connection], None], db: sqlite3.Connection) -> None:
    """Try again while others are at it: SQLite does not always wait when a file gets its log."""
    until = time.monotonic() + BUSY
    while True:
        try:
            return prepare(db)
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
        time.sleep(random.uniform(0.001, 0.02))  # noqa: S311  (to spread, not to hide)


@functools.lru_cache(maxsize=128)  # once for each file: it is opened anew after each fork
def _warn_if_remote(path: Path) -> None:
    kind = remote_type(path)
    if kind is not None:
        _log.warning(
            "the outbox %r is on a file system (%s) that other computers may use too; if two of them do, or "
            "its locks fail, it is damaged and machines are lost: name a file on a disk of this computer",
            str(path),
            kind,
        )


def _create(path: Path) -> None:
    """Make the file and its folder for their owner alone, from the first moment.

    An existing file is not even opened here: to close it again would drop all locks of this process on it.
    """
    make_folder(path.parent, mode=0o700)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _rest() -> None:
    _lock.acquire()
    for database in list(_databases):
        database.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_rest, after_in_parent=_lock.release, after_in_child=_lock.release)
