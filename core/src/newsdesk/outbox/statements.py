"""What each step does to the rows of an outbox, within a transaction."""

import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.database import OutboxError
from newsdesk.outbox.entry import Entry, State

# The records stand apart, so that a claim writes a few bytes whatever the size of a record, and so that an
# entry whose record is damaged can still be put with the dead.
SCHEMA = """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label BLOB NOT NULL,
    project_name BLOB NOT NULL,
    name BLOB NOT NULL,
    revision TEXT NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('owed', 'claimed', 'dead', 'superseded')),
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    created REAL NOT NULL,
    due REAL NOT NULL,
    claim TEXT,
    claimed REAL,
    lease REAL,
    run TEXT
);
CREATE TABLE records (id INTEGER PRIMARY KEY, record BLOB NOT NULL);
CREATE INDEX entries_machine ON entries (label, project_name, name, id);
CREATE INDEX entries_owed ON entries (label, due, id) WHERE state = 'owed';
CREATE INDEX entries_old ON entries (created) WHERE state = 'owed';
CREATE INDEX entries_claimed ON entries (claimed) WHERE state = 'claimed';
CREATE INDEX entries_size ON entries (size) WHERE size > 0
"""

APPLICATION = 0x6E776473  # "nwds"

VERSION = 1

_MACHINE = "label = ? AND project_name = ? AND name = ?"

# A claim is held for `lease` seconds from `claimed` on, by a clock that nobody sets. When the computer starts
# anew so does that clock, and whoever claimed before is gone.
_HELD = "(claimed <= ? AND ? < claimed + lease)"

_SEEN = f"CASE WHEN state = 'claimed' AND NOT {_HELD} THEN 'owed' ELSE state END"


# What nobody will send. `due` of a dead entry is when it died.
_NEEDLESS = "(state = 'superseded' OR (state = 'dead' AND due <= ?))"


@dataclass(frozen=True)
class Bounds:
    """What an outbox takes."""

    max_bytes: int | None = None
    """Bytes of all records together; one that would go over it is refused."""
    max_age: float | None = None
    """Seconds after which an entry that is still owed becomes dead."""
    attempts: int = 50
    """How often an entry is sent in vain before it becomes dead."""


class Ledger:
    """The rows of an outbox."""

    def __init__(self, db: sqlite3.Connection, bounds: Bounds) -> None:
        self._db = db
        self._bounds = bounds

    def put(self, label: str, machine: Machine, error: str | None) -> int:
        """Add an entry, unless the newest of the machine that waits is the same; supersede the older ones."""
        same = _machine(label, machine.key)
        newest = self._db.execute(
            f"SELECT id, revision FROM entries WHERE {_MACHINE} AND state IN ('owed', 'claimed') "
            "ORDER BY id DESC LIMIT 1",
            same,
        ).fetchone()
        if newest is not None and newest["revision"] == machine.revision:
            return int(newest["id"])
        record, now = machine.to_json(), time.time()
        self._refuse_overflow(len(record))
        self._db.execute(f"UPDATE entries SET state = 'superseded' WHERE {_MACHINE} AND state = 'owed'", same)
        number = self._db.execute(
            "INSERT INTO entries (label, project_name, name, revision, size, state, error, created, due) "
            "VALUES (?, ?, ?, ?, ?, 'owed', ?, ?, ?)",
            (*same, machine.revision, len(record), _storable(error), now, now),
        ).lastrowid
        self._db.execute("INSERT INTO records (id, record) VALUES (?, ?)", (number, record))
        return int(number or 0)

    def claim(
        self, labels: Iterable[str], *, lease: float, limit: int, due_by: float, run: str | None
    ) -> list[Entry]:
        """Claim what has waited longest."""
        self._expire()
        rows = [row for label in labels for row in self._claimable(label, limit, due_by, run)]
        token = uuid.uuid4().hex
        rows = sorted(rows, key=lambda row: (row["due"], row["id"]))[:limit]
        for row in rows:
            self._db.execute(
                "UPDATE entries SET state = 'claimed', claim = ?, claimed = ?, lease = ?, run = ? "
                "WHERE id = ?",
                (token, time.monotonic(), lease, run, row["id"]),
            )
        return [replace(_entry(row), state=State.CLAIMED, claim=token) for row in rows]

    def delivered(self, entry: Entry) -> bool:
        """Take out an entry whose claim holds, and settle the older ones of its machine."""
        found = self._db.execute(
            "DELETE FROM entries WHERE id = ? AND claim = ?", (entry.id, entry.claim)
        ).rowcount
        if found:
            self._db.execute("DELETE FROM records WHERE id = ?", (entry.id,))
            self._settle_older(entry.label, entry.key, before=entry.id)
        return bool(found)

    def release(self, entry: Entry, error: str, due: float, *, counts: bool) -> State | None:
        """Give back an entry whose claim holds: owed, overtaken by a newer one, or dead."""
        state = State.OWED
        if self._has_newer(entry.label, entry.key, entry.id):
            state = State.SUPERSEDED
        elif counts and entry.attempts + 1 >= self._bounds.attempts:
            state, due = State.DEAD, time.time()
        return state if self.settle(entry, state, error, due, counts=counts) else None

    def settle(self, entry: Entry, state: State, error: str, due: float, *, counts: bool = True) -> bool:
        """End a claim that holds."""
        cursor = self._db.execute(
            "UPDATE entries SET state = ?, attempts = attempts + ?, error = ?, due = ?, claim = NULL, "
            "claimed = NULL, lease = NULL WHERE id = ? AND claim = ?",
            (str(state), int(counts), _storable(error), due, entry.id, entry.claim),
        )
        return bool(cursor.rowcount)

    def overtake(self, label: str, machine: Machine, seen: Sequence[Entry]) -> bool:
        """Settle what was seen, or put the machine behind it when somebody sent an older one meanwhile.

        Returns:
            Whether it is settled.
        """
        last = seen[-1].id
        crossed = any(
            entry.state is not State.DEAD and entry.revision != machine.revision and not self._is_as(entry)
            for entry in seen
        )
        if not crossed:
            self._settle_older(label, machine.key, before=last + 1)
        elif not self._has_newer(label, machine.key, last):
            self.put(label, machine, "an older revision was sent at the same time")
        return not crossed

    def needless(self, label: str, key: MachineKey, before: int) -> list[int]:
        """Give the numbers of superseded entries that came before, and still have their records."""
        rows = self._db.execute(
            f"SELECT id FROM entries WHERE {_MACHINE} AND id < ? AND state = 'superseded' AND size > 0",
            (*_machine(label, key), before),
        )
        return [row["id"] for row in rows]

    def forget(self, number: int) -> None:
        """Drop an entry's record, and nothing else of it."""
        self._db.execute("DELETE FROM records WHERE id = ?", (number,))
        self._db.execute("UPDATE entries SET size = 0 WHERE id = ?", (number,))

    def prunable(self, dead_by: float, after: int, limit: int) -> list[int]:
        """Give some numbers above `after` of what nobody will send; of the dead, who died by then."""
        rows = self._db.execute(
            f"SELECT id FROM entries WHERE id > ? AND {_NEEDLESS} ORDER BY id LIMIT ?",
            (after, dead_by, limit),
        )
        return [row["id"] for row in rows]

    def prune(self, ids: Iterable[int], dead_by: float) -> list[State]:
        """Drop those of the entries that still nobody will send, and give the states that they were in."""
        found = []
        for number in ids:
            row = self._db.execute(
                f"SELECT state FROM entries WHERE id = ? AND {_NEEDLESS}", (number, dead_by)
            ).fetchone()
            if row is not None:  # else somebody owes it anew, or has dropped it already
                self._db.execute("DELETE FROM records WHERE id = ?", (number,))
                self._db.execute("DELETE FROM entries WHERE id = ?", (number,))
                found.append(State(row["state"]))
        return found

    def requeue(self, ids: Iterable[int] | None) -> int:
        """Owe dead entries anew, the newest of each machine."""
        wanted = None if ids is None else set(ids)
        dead = self._db.execute("SELECT * FROM entries WHERE state = 'dead' ORDER BY id DESC").fetchall()
        owed = 0
        for entry in map(_entry, dead):
            if wanted is None or entry.id in wanted:
                owed += self._requeue(entry)
        return owed

    def waiting(self, label: str, key: MachineKey) -> list[Entry]:
        """Give the entries of a machine that are not settled."""
        rows = self._db.execute(
            f"SELECT * FROM entries WHERE {_MACHINE} AND state != 'superseded' ORDER BY id",
            _machine(label, key),
        )
        return list(map(_entry, rows))

    def page(self, states: Sequence[State], after: int, limit: int) -> list[Entry]:
        """Give some entries with numbers above `after`; a claim that nobody holds any more counts as owed."""
        marks, now = ", ".join("?" * len(states)), time.monotonic()
        rows = self._db.execute(
            f"SELECT * FROM (SELECT *, {_SEEN} AS seen FROM entries WHERE id > ?) WHERE seen IN ({marks}) "
            "ORDER BY id LIMIT ?",
            (now, now, after, *map(str, states), limit),
        )
        return [replace(_entry(row), state=State(row["seen"])) for row in rows]

    def counts(self) -> dict[tuple[str, State], int]:
        """Count the entries by reporter and state."""
        now = time.monotonic()
        rows = self._db.execute(
            f"SELECT label, {_SEEN} AS seen, count(*) AS n FROM entries GROUP BY 1, 2 ORDER BY 1, 2",
            (now, now),
        )
        return {(_text(row["label"]), State(row["seen"])): row["n"] for row in rows}

    def record(self, number: int) -> bytes | None:
        """Give an entry's record as it was kept."""
        row = self._db.execute("SELECT record FROM records WHERE id = ?", (number,)).fetchone()
        if row is None or isinstance(row["record"], bytes):
            return None if row is None else row["record"]
        return str(row["record"]).encode()  # damaged, and not even of its type any more

    def _refuse_overflow(self, size: int) -> None:
        limit = self._bounds.max_bytes
        if limit is None:
            return
        used = self._db.execute("SELECT coalesce(sum(size), 0) FROM entries WHERE size > 0").fetchone()[0]
        if used + size > limit:
            raise OutboxError(
                f"the record needs {size} bytes, and {used} of the outbox's {limit} are taken; send what is "
                "owed with 'newsdesk outbox send', or raise 'max_bytes'"
            )

    def _claimable(self, label: str, limit: int, due_by: float, run: str | None) -> Iterator[sqlite3.Row]:
        return self._db.execute(
            """
            SELECT * FROM entries AS e WHERE label = ? AND state = 'owed' AND due <= ?
            AND (run IS NULL OR run IS NOT ?) AND NOT EXISTS (
                SELECT 1 FROM entries AS o WHERE o.label = e.label AND o.project_name = e.project_name
                AND o.name = e.name AND o.state = 'claimed'
            ) ORDER BY due, id LIMIT ?
            """,
            (_blob(label), due_by, run, limit),
        )

    def _expire(self) -> None:
        """Take claims from those who kept them too long, and give up what has waited too long."""
        now = time.monotonic()
        lost = self._db.execute(f"SELECT * FROM entries WHERE state = 'claimed' AND NOT {_HELD}", (now, now))
        for row in lost.fetchall():
            # It counts, and it goes to the end: a record that kills its sender must not come first for ever.
            error = f"whoever sent it did not come back within {row['lease']:g} seconds"
            self.release(_entry(row), error, time.time(), counts=True)
        age = self._bounds.max_age
        if age is not None:
            self._db.execute(
                "UPDATE entries SET state = 'dead', error = coalesce(error || '; ', '') || ?, due = ? "
                "WHERE state = 'owed' AND created < ?",
                (f"it has waited for more than {age:g} seconds", time.time(), time.time() - age),
            )

    def _requeue(self, entry: Entry) -> bool:
        is_newest = not self._has_newer(entry.label, entry.key, entry.id)
        self._db.execute(
            "UPDATE entries SET state = ?, attempts = 0, due = ?, created = ?, run = NULL WHERE id = ?",
            (str(State.OWED if is_newest else State.SUPERSEDED), time.time(), time.time(), entry.id),
        )
        return is_newest

    def _has_newer(self, label: str, key: MachineKey, number: int) -> bool:
        row = self._db.execute(
            f"SELECT 1 FROM entries WHERE {_MACHINE} AND id > ? AND state IN ('owed', 'claimed')",
            (*_machine(label, key), number),
        ).fetchone()
        return row is not None

    def _is_as(self, entry: Entry) -> bool:
        """Tell whether an entry is owed, and nobody has tried to send it since it was read."""
        row = self._db.execute("SELECT state, attempts FROM entries WHERE id = ?", (entry.id,)).fetchone()
        return row is not None and (row["state"], row["attempts"]) == ("owed", entry.attempts)

    def _settle_older(self, label: str, key: MachineKey, *, before: int) -> None:
        """Supersede what came before, since the reporter has a newer one."""
        self._db.execute(
            f"UPDATE entries SET state = 'superseded' WHERE {_MACHINE} AND id < ? "
            "AND state IN ('owed', 'dead')",
            (*_machine(label, key), before),
        )


def _machine(label: str, key: MachineKey) -> tuple[bytes, bytes, bytes]:
    return _blob(label), _blob(key.project_name), _blob(key.name)


def _blob(text: str) -> bytes:
    """Give a text as SQLite can hold it: its own texts can have no lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def _text(blob: bytes) -> str:
    try:
        return blob.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # damaged: it is still to be shown
        return blob.decode("utf-8", "replace")


def _storable(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        id=row["id"],
        label=_text(row["label"]),
        key=MachineKey(_text(row["project_name"]), _text(row["name"])),
        revision=row["revision"],
        state=State(row["state"]),
        attempts=row["attempts"],
        error=row["error"],
        created=row["created"],
        size=row["size"],
        claim=row["claim"],
    )
