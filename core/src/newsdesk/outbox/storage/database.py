"""A SQLite file that threads, forks and any number of processes share, and that outlives a loss of power."""

import functools
import itertools
import logging
import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from newsdesk.outbox.storage import file
from newsdesk.outbox.storage.faults import READABLE, OutboxError, advice, is_busy, is_full
from newsdesk.outbox.storage.format import LOG_SIZE, Format, connect, pragma
from newsdesk.outbox.storage.mounts import remote_type
from newsdesk.outbox.storage.reserve import Reserve

BUSY = 30.0
"""Seconds to wait while others use the file."""

STEP, STEPS = 100_000, 5_000
"""Instructions of SQLite between two looks at whether an operation goes on for ever, and how many such looks
there are: some ten seconds. Counting 10 million entries takes half as many."""

WAIT = 0.1
"""Seconds that SQLite waits for a lock at a time: a Ctrl-C is seen at its end."""

REPLACED = 3
"""How often a record is written again since the file was replaced meanwhile."""

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_log = logging.getLogger(__name__)

_lock = threading.RLock()
"""Held whenever this process is at any such file: a fork waits for it, and so finds all of them closed."""

_databases: "weakref.WeakSet[Database]" = weakref.WeakSet()


class Database:
    """A SQLite file, opened when it is first used, and opened anew when another one has taken its place.

    Written with a write-ahead log and `synchronous=FULL`: what `write` has done is on the disk when it
    returns. Several processes of one computer may use it; SQLite's log needs memory that they share, so a
    network file system will not do.

    Within a process there is one connection, used by one thread at a time; to open one for each operation
    costs five times as much, and more where nobody else has the file open. None is open during a fork: a
    child that inherits one believes that it holds locks which belong to its parent alone, and then each
    deletes the other's log.

    A Ctrl-C, which Python raises between any two of its instructions, leaves neither a transaction open nor
    the lock held: both are ended by code of C.

    Args:
        path: The file; made when it is first used, for its owner alone (0600), and so is its folder (0700).
        format_: What the file holds.
    """

    def __init__(self, path: Path, format_: Format) -> None:
        self.path = path
        self.reserve = Reserve(path.parent / f"{path.name}-reserve")
        self._format = format_
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._opened: file.Identity | None = None
        self._beside: dict[Path, file.Identity | None] = {}
        with _lock:
            _databases.add(self)

    def read(self, work: Work[T], *, within: float = BUSY) -> T:
        """Run what only reads.

        Args:
            work: What reads. It may be run twice.
            within: Seconds to wait while others use the file.

        Raises:
            OutboxError: the file cannot be used.
        """
        return self._use(work, within, "read")

    def write(
        self, work: Work[T], *, within: float = BUSY, durable: bool = True, frees_space: bool = False
    ) -> T:
        """Run all of `work` in one transaction, or nothing of it.

        Args:
            work: What writes. It may be run twice.
            within: Seconds to wait while others use the file.
            durable: Whether it is on the disk when this returns, in the file that is at the path then.
            frees_space: Whether it may use the room of the reserve when the disk is full.

        Raises:
            OutboxError: the file cannot be used.
        """

        def transact(db: sqlite3.Connection) -> T:
            db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            with db:
                # The lock from the start: nobody changes what is read here before it is written.
                db.execute("BEGIN IMMEDIATE")
                # Not `return work(db)`: between that and the end of the block a Ctrl-C could come.
                result = work(db)
            return result  # noqa: RET504

        def transact_with_reserve(db: sqlite3.Connection) -> T:
            try:
                return transact(db)
            except (sqlite3.Error, OSError) as error:
                if not (frees_space and is_full(error)):
                    raise
                self.reserve.give_up()
            return transact(db)

        for _ in range(REPLACED):
            result = self._use(transact_with_reserve, within, "written to")
            if not durable or self._is_at_path():
                return result
        raise OutboxError(f"the outbox {str(self.path)!r} is replaced again and again: stop what replaces it")

    def shrink(self) -> None:
        """Give free room back to the disk, when there is much of it or no reserve; then remake the reserve.

        Nothing depends on it: where it does not work now, it is left for the next time.
        """
        try:
            self._use(self._shrink, WAIT, "made smaller")
        except OutboxError as error:
            _log.debug("%s", error)

    def close(self) -> None:
        """Close the file; what uses it next opens it again."""
        with _lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._process == os.getpid():
                connection.close()

    def _use(self, work: Work[T], within: float, doing: str) -> T:
        """Run `work` on the file that is at the path now, as soon as nobody else holds it."""
        until = time.monotonic() + within
        while True:
            try:
                if (done := self._try(work, until)) is not None:
                    return done[0]
                raise OutboxError(f"{self._named(doing)}: another thread has used it for {within:g} seconds")
            except READABLE as error:
                if not is_busy(error) or time.monotonic() >= until:
                    reason = f"it has been locked for {within:g} seconds" if is_busy(error) else str(error)
                    raise OutboxError(f"{self._named(doing)}: {reason}; {advice(error)}") from error
            # Without the lock: a file that is locked holds up no other file of this process, and no fork.
            pause = random.uniform(0.001, 0.02)  # noqa: S311  (to spread, not to hide)
            time.sleep(max(0.0, min(pause, until - time.monotonic())))

    def _try(self, work: Work[T], until: float) -> tuple[T] | None:
        """Run `work` once, and give what it returned; None when another thread had the lock until then."""
        left = max(0.0, until - time.monotonic())
        try:
            if not _lock.acquire(timeout=min(left, threading.TIMEOUT_MAX)):
                return None
            db = self._connected(until)
            if db.in_transaction:  # a second Ctrl-C has ended what would have ended it
                db.rollback()
            left = max(0.0, until - time.monotonic())
            db.execute(f"PRAGMA busy_timeout={1000 * min(left, WAIT):.0f}")
            _bound(db)
            done = (work(db),)
        finally:
            # No question before: between the answer and the release a Ctrl-C could come.
            try:  # noqa: SIM105  (what suppresses it is not written in C)
                _lock.release()
            except RuntimeError:  # it was not acquired
                pass
        return done

    def _connected(self, until: float) -> sqlite3.Connection:
        if self._connection is not None and self._process != os.getpid():
            raise OutboxError(
                f"the outbox {str(self.path)!r} was open in a process that forked without Python's "
                "knowledge, and must not be used in the child; close the desk before such a fork"
            )
        if self._connection is not None and not self._is_at_path():
            _log.warning(
                "the outbox %r was deleted or replaced; the file that is there now is used", str(self.path)
            )
            self.close()
            file.disown(self.path, self._beside, until)
        if self._connection is None:
            self._connection, self._process = self._connect(until), os.getpid()
            self.reserve.keep()
        return self._connection

    def _is_at_path(self) -> bool:
        try:
            return file.identity(self.path) == self._opened
        except OSError:
            return False

    def _connect(self, until: float) -> sqlite3.Connection:
        _warn_if_remote(self.path)
        file.create(self.path, until)
        self._opened = file.identity(self.path)
        db = connect(self.path, timeout=max(0.0, min(WAIT, until - time.monotonic())))
        try:
            _bound(db)
            self._format.prepare(db, self.path)
            self._beside = file.beside(self.path)
        except BaseException:
            db.close()
            raise
        return db

    def _shrink(self, db: sqlite3.Connection) -> None:
        free = pragma(db, "freelist_count") * pragma(db, "page_size")
        if free < LOG_SIZE and self.reserve.is_kept:
            return
        # executescript, because it alone goes on to the end: execute stops after the first page.
        db.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
        self.reserve.keep()

    def _named(self, doing: str) -> str:
        return f"the outbox {str(self.path)!r} cannot be {doing}"


def _bound(db: sqlite3.Connection) -> None:
    """Let what is done next come to an end, by a method of C, in which no Ctrl-C is lost."""
    db.set_progress_handler(itertools.repeat(0, STEPS).__next__, STEP)


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


def _rest() -> None:
    _lock.acquire()
    for database in list(_databases):
        database.close()


def _free() -> None:
    _lock.release()


def _renew() -> None:
    """Make a new lock in a child: a thread of its parent may hold the old one, if `_rest` was stopped."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_rest, after_in_parent=_free, after_in_child=_renew)
