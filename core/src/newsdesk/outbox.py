"""Durable: what is still owed, on disk."""

import contextlib
import enum
import functools
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsdesk.exceptions import MachineError, ReporterException
from newsdesk.machine import Machine, MachineKey

BUSY = 30.0
"""Seconds to wait while other processes write."""

RESERVE = 1 << 20
"""Bytes kept back in a file of their own, so that a full disk still leaves room to send, which frees space."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    project_name BLOB NOT NULL,
    name BLOB NOT NULL,
    revision TEXT NOT NULL,
    record BLOB,
    size INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('owed', 'claimed', 'dead', 'superseded')),
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    created REAL NOT NULL,
    due REAL NOT NULL,
    tried REAL NOT NULL DEFAULT 0,
    claim TEXT,
    lease REAL
);
CREATE INDEX IF NOT EXISTS entries_due ON entries (label, state, due);
CREATE INDEX IF NOT EXISTS entries_machine ON entries (label, project_name, name, state);
"""

_VERSION = 1


class OutboxError(ReporterException):
    """The outbox could not keep a record, or could not be used."""


class State(enum.StrEnum):
    """What an entry is waiting for."""

    OWED = "owed"
    """To be sent."""
    CLAIMED = "claimed"
    """To be sent, by somebody who is at it."""
    DEAD = "dead"
    """For a person: it failed for good, or too often."""
    SUPERSEDED = "superseded"
    """Nothing: a newer revision of the machine took its place."""


@dataclass(frozen=True)
class Entry:
    """A machine that is owed to a reporter."""

    id: int
    """Its number in the outbox, in the order in which entries came."""
    label: str
    """The reporter's label."""
    key: MachineKey
    """Which machine."""
    revision: str
    """Which content of it."""
    state: State
    """What it is waiting for."""
    attempts: int
    """How often it was sent in vain."""
    error: str | None
    """Why, the last time."""
    created: float
    """When it came, as seconds since 1970."""
    size: int
    """Bytes of the record."""
    claim: str | None = None
    """The token of who is at it."""


@dataclass(frozen=True)
class Bounds:
    """What an outbox takes."""

    max_bytes: int | None = None
    """Bytes of all records together; one that would go over it is refused."""
    max_age: float | None = None
    """Seconds after which an entry that is still owed becomes dead."""
    attempts: int = 50
    """How often an entry is sent in vain before it becomes dead."""


def _frees_space(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap what sending needs: on a full disk the reserve is given up, and it is tried once more."""

    @functools.wraps(method)
    def call(self: "Outbox", *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except sqlite3.OperationalError as error:
            if "full" not in str(error):
                raise OutboxError(f"the outbox {str(self.path)!r} cannot be written to: {error}") from error
            self.make_room()
        return method(self, *args, **kwargs)

    return call


class Outbox:
    """A SQLite file of what is owed: shared by any number of processes, and whole after a crash or a loss of power.

    It holds records and the labels of reporters, never their parameters. `put` returns when the record is on the disk
    (write-ahead log, `synchronous=FULL`). An entry is sent under a claim that expires, so that of several senders one has
    it, and none keeps it who died.

    Args:
        path: The file; made when it is first used, in a folder that nobody else may enter (0700, the file 0600).
        bounds: How much it takes.
    """

    def __init__(self, path: str | os.PathLike[str], bounds: Bounds | None = None) -> None:
        self.path = Path(path)
        self.bounds = bounds or Bounds()
        self._local = threading.local()

    def put(self, label: str, machine: Machine, *, error: str | None = None) -> int:
        """Keep a machine for a reporter, and give its number; on the disk when this returns.

        The same revision is kept once. Older revisions that wait for the same reporter are superseded.

        Raises:
            OutboxError: it could not be kept; named, so that the caller can tell whose record it is.
        """
        shown = machine.redacted()
        try:
            with self._transaction() as db:
                return self._put(db, label, shown, error)
        except sqlite3.Error as problem:
            raise OutboxError(
                f"the outbox {str(self.path)!r} could not keep {machine.key} for {label}: {problem}; free space, or mend the "
                "file, and report it again"
            ) from problem

    @_frees_space
    def claim(
        self,
        labels: Sequence[str],
        *,
        lease: float,
        limit: int = 1,
        not_after: float | None = None,
        before: float | None = None,
    ) -> list[Entry]:
        """Claim the entries that have waited longest; nobody else gets them meanwhile.

        Of a machine that somebody is sending just now, nothing is given: its revisions arrive in their order.

        Args:
            labels: The reporters whose entries.
            lease: Seconds after which the claim expires.
            limit: Entries at the most.
            not_after: Only those that are due by then, as seconds since 1970; all, when None.
            before: Only those that were not tried since then.
        """
        now, token = time.time(), uuid.uuid4().hex
        marks = ", ".join("?" * len(labels))
        with self._transaction() as db:
            self._expire(db, now)
            rows = db.execute(
                f"""
                SELECT * FROM entries AS e
                WHERE label IN ({marks}) AND state = 'owed' AND due <= ? AND tried < ? AND NOT EXISTS (
                    SELECT 1 FROM entries AS o WHERE o.label = e.label AND o.project_name = e.project_name
                    AND o.name = e.name AND o.state = 'claimed'
                )
                ORDER BY due, id LIMIT ?
                """,
                (*labels, _or_ever(not_after), _or_ever(before), limit),
            ).fetchall()
            for row in rows:
                db.execute(
                    "UPDATE entries SET state = 'claimed', claim = ?, lease = ? WHERE id = ?",
                    (token, now + lease, row["id"]),
                )
        return [_entry({**row, "state": "claimed", "claim": token}) for row in map(dict, rows)]

    def load(self, entry: Entry) -> Machine:
        """Give an entry's machine.

        Raises:
            OutboxError: its record is damaged.
        """
        record = self.record(entry)
        if record is None:
            raise OutboxError(f"entry {entry.id} ({entry.key} for {entry.label}) has no record any more")
        try:
            machine = Machine.from_json(record)
        except MachineError as error:
            raise OutboxError(
                f"entry {entry.id} ({entry.key} for {entry.label}) is damaged: {error}"
            ) from error
        if machine.revision != entry.revision:
            raise OutboxError(
                f"entry {entry.id} ({entry.key} for {entry.label}) is damaged: its revision does not match"
            )
        return machine

    def record(self, entry: Entry) -> bytes | None:
        """Give an entry's record as it was kept; None, when it was overtaken by what was delivered since."""
        row = self._db().execute("SELECT record FROM entries WHERE id = ?", (entry.id,)).fetchone()
        return None if row is None else row["record"]

    @_frees_space
    def delivered(self, entry: Entry) -> None:
        """Take a claimed entry out, since its reporter has it; the older revisions give up their records with it."""
        with self._transaction() as db:
            db.execute("DELETE FROM entries WHERE id = ? AND claim = ?", (entry.id, entry.claim))
            _forget_superseded(db, entry.label, entry.key)
        self._shrink()

    @_frees_space
    def supersede(self, label: str, key: MachineKey) -> None:
        """Tell that a reporter has a newer revision than any that waits: it came another way."""
        where = "label = ? AND project_name = ? AND name = ? AND state = 'owed'"
        parameters = (label, *_blobs(key))
        if self._db().execute(f"SELECT 1 FROM entries WHERE {where} LIMIT 1", parameters).fetchone() is None:
            return
        with self._transaction() as db:
            db.execute(f"UPDATE entries SET state = 'superseded' WHERE {where}", parameters)
            _forget_superseded(db, label, key)

    @_frees_space
    def release(self, entry: Entry, *, error: str, pause: float) -> State:
        """Give a claimed entry back after it failed, to be sent again in `pause` seconds; dead, when out of attempts."""
        with self._transaction() as db:
            newer = db.execute(
                "SELECT 1 FROM entries WHERE label = ? AND project_name = ? AND name = ? AND state = 'owed' AND id > ?",
                (entry.label, *_blobs(entry.key), entry.id),
            ).fetchone()
            state = State.OWED
            if newer is not None:
                state = State.SUPERSEDED
            elif entry.attempts + 1 >= self.bounds.attempts:
                state = State.DEAD
            self._settle(db, entry, state, error, due=time.time() + pause)
        return state

    @_frees_space
    def bury(self, entry: Entry, *, error: str) -> None:
        """Put a claimed entry with the dead: it will never work, or a person has to look at it."""
        with self._transaction() as db:
            self._settle(db, entry, State.DEAD, error, due=time.time())

    def entries(self, *states: State) -> Iterator[Entry]:
        """Give the entries in these states, or all, in the order in which they came; without their records."""
        marks = ", ".join("?" * len(states or tuple(State)))
        cursor = self._db().execute(
            "SELECT id, label, project_name, name, revision, state, attempts, error, created, size, claim FROM entries "
            f"WHERE state IN ({marks}) ORDER BY id",
            [str(state) for state in states or tuple(State)],
        )
        for row in cursor:
            yield _entry(row)

    def counts(self) -> Mapping[tuple[str, State], int]:
        """Give how many entries of each reporter are in each state."""
        with self._transaction() as db:
            self._expire(db, time.time())
        rows = self._db().execute(
            "SELECT label, state, count(*) AS n FROM entries GROUP BY label, state ORDER BY label, state"
        )
        return {(row["label"], State(row["state"])): row["n"] for row in rows}

    def requeue(self, ids: Sequence[int] | None = None) -> int:
        """Send dead entries again from the start: these, or all; give how many."""
        with self._transaction() as db:
            chosen = "" if ids is None else f" AND id IN ({', '.join('?' * len(ids))})"
            return db.execute(
                f"UPDATE entries SET state = 'owed', attempts = 0, due = ?, created = ? WHERE state = 'dead'{chosen}",
                (time.time(), time.time(), *(ids or ())),
            ).rowcount

    def close(self) -> None:
        """Close this thread's connection."""
        db = self._local.__dict__.pop("db", None)
        if db is not None:
            db[1].close()

    # The file.

    def _db(self) -> sqlite3.Connection:
        """Give the connection of this thread and process; SQLite's must not cross a fork."""
        pid, db = getattr(self._local, "db", (None, None))
        if db is None or pid != os.getpid():
            db = self._connect()
            self._local.db = (os.getpid(), db)
        return db

    def _connect(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made by us, so that nobody else can read it even for a moment; SQLite gives its own files the same mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            db = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None)
            db.row_factory = sqlite3.Row
            _prepare(db)
            self._keep_reserve()
        except (OSError, sqlite3.Error) as error:
            raise OutboxError(
                f"the outbox {str(self.path)!r} cannot be opened: {error}; mend the file or its folder"
            ) from error
        return db

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write under the lock from the start, so that nobody reads what somebody else is about to change."""
        db = self._db()
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OutboxError(f"the outbox {str(self.path)!r} cannot be written to: {error}") from error
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _put(self, db: sqlite3.Connection, label: str, machine: Machine, error: str | None) -> int:
        same = (label, *_blobs(machine.key))
        known = db.execute(
            "SELECT id FROM entries WHERE label = ? AND project_name = ? AND name = ? AND state IN ('owed', 'claimed') "
            "AND revision = ? ORDER BY id DESC LIMIT 1",
            (*same, machine.revision),
        ).fetchone()
        if known is not None:
            return int(known["id"])
        record = machine.to_json()
        self._refuse_overflow(db, machine, label, len(record))
        db.execute(
            "UPDATE entries SET state = 'superseded' WHERE label = ? AND project_name = ? AND name = ? AND state = 'owed'",
            same,
        )
        cursor = db.execute(
            "INSERT INTO entries (label, project_name, name, revision, record, size, state, error, created, due) "
            "VALUES (?, ?, ?, ?, ?, ?, 'owed', ?, ?, ?)",
            (*same, machine.revision, record, len(record), error, time.time(), time.time()),
        )
        return int(cursor.lastrowid or 0)

    def _refuse_overflow(self, db: sqlite3.Connection, machine: Machine, label: str, size: int) -> None:
        limit = self.bounds.max_bytes
        if limit is None:
            return
        used = db.execute(
            "SELECT coalesce(sum(size), 0) AS used FROM entries WHERE record IS NOT NULL"
        ).fetchone()["used"]
        if used + size > limit:
            raise OutboxError(
                f"the outbox {str(self.path)!r} is full: {machine.key} for {label} needs {size} bytes, and {used} of {limit} "
                "are taken; send what is owed ('newsdesk outbox send'), or raise 'max_bytes'"
            )

    def _expire(self, db: sqlite3.Connection, now: float) -> None:
        """Take claims from those who kept them too long, and give up what has waited too long."""
        db.execute(
            "UPDATE entries SET state = 'owed', claim = NULL WHERE state = 'claimed' AND lease < ?", (now,)
        )
        # What came back may have been overtaken meanwhile.
        db.execute(
            """
            UPDATE entries SET state = 'superseded' WHERE state = 'owed' AND EXISTS (
                SELECT 1 FROM entries AS n WHERE n.label = entries.label AND n.project_name = entries.project_name
                AND n.name = entries.name AND n.state = 'owed' AND n.id > entries.id
            )
            """
        )
        if self.bounds.max_age is not None:
            db.execute(
                "UPDATE entries SET state = 'dead', error = coalesce(error || '; ', '') || ? WHERE state = 'owed' AND created < ?",
                (f"older than {self.bounds.max_age:g} seconds", now - self.bounds.max_age),
            )

    def _settle(self, db: sqlite3.Connection, entry: Entry, state: State, error: str, *, due: float) -> None:
        db.execute(
            "UPDATE entries SET state = ?, attempts = attempts + 1, error = ?, due = ?, tried = ?, claim = NULL "
            "WHERE id = ? AND claim = ?",
            (str(state), error, due, time.time(), entry.id, entry.claim),
        )

    # Space.

    @property
    def _reserve(self) -> Path:
        return self.path.with_name(f"{self.path.name}-reserve")

    def _keep_reserve(self) -> None:
        if self._reserve.exists():
            return
        with contextlib.suppress(OSError):  # a full disk: then the space that sending frees comes first
            descriptor = os.open(self._reserve, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE)
            except OSError:
                self._reserve.unlink()
            finally:
                os.close(descriptor)

    def make_room(self) -> None:
        """Give up the reserve, so that what is owed can be sent, and thereby removed, on a full disk."""
        self._reserve.unlink(missing_ok=True)

    def _shrink(self) -> None:
        self._db().execute("PRAGMA incremental_vacuum")


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA auto_vacuum=INCREMENTAL")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA secure_delete=ON")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise OutboxError(
            f"it was made by a newer newsdesk (format {version}, this one knows {_VERSION}): upgrade newsdesk"
        )
    if version < _VERSION:
        db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")


def _forget_superseded(db: sqlite3.Connection, label: str, key: MachineKey) -> None:
    db.execute(
        "UPDATE entries SET record = NULL WHERE label = ? AND project_name = ? AND name = ? AND state = 'superseded'",
        (label, *_blobs(key)),
    )


def _blobs(key: MachineKey) -> tuple[bytes, bytes]:
    """Give a key as SQLite can hold it: its text can have no lone surrogates."""
    return key.project_name.encode("utf-8", "surrogatepass"), key.name.encode("utf-8", "surrogatepass")


def _or_ever(moment: float | None) -> float:
    return float("inf") if moment is None else moment


def _entry(row: Mapping[str, Any] | sqlite3.Row) -> Entry:
    return Entry(
        id=row["id"],
        label=row["label"],
        key=MachineKey(*(row[part].decode("utf-8", "surrogatepass") for part in ("project_name", "name"))),
        revision=row["revision"],
        state=State(row["state"]),
        attempts=row["attempts"],
        error=row["error"],
        created=row["created"],
        size=row["size"],
        claim=row["claim"],
    )
