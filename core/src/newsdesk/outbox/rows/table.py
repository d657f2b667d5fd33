"""The rows of entries and of their records: found by indexes alone, whatever else the outbox holds."""

import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.backlog import Group, Total
from newsdesk.outbox.entry import Entry, State
from newsdesk.outbox.rows import schema
from newsdesk.outbox.rows.totals import Totals
from newsdesk.outbox.storage.faults import is_damage, malformed

# A claim counts while its ticket's lease lasts.
_HELD = "SELECT 1 FROM tickets AS t WHERE t.id = claim AND t.opened <= ? AND t.expires > ?"
_SEEN = f"CASE WHEN state = 'claimed' AND NOT EXISTS ({_HELD}) THEN 'owed' ELSE state END"
_MACHINE = "label = ? AND project_name = ? AND name = ?"
_ALIVE = "state IN ('owed', 'claimed', 'standby')"

_STUCK = "a newer revision replaced it, but its record cannot be deleted: the file is damaged there"
AGAIN = "an older revision was in flight at the same time, so it is sent once more"


class Table:
    """The entries of an outbox, within a transaction.

    Args:
        db: The connection.
        stuck: Entries whose records cannot be deleted; those that are found are added.
    """

    def __init__(self, db: sqlite3.Connection, stuck: set[int]) -> None:
        self._db = db
        self._stuck = stuck
        self._totals = Totals(db)
        self.changed = False
        """Whether entries were added, changed or deleted."""

    def numbers(self, count: int) -> int:
        """Take numbers for reports that begin now, and give the first."""
        return self._totals.numbers(count)

    def used(self) -> int:
        """Give the bytes of all records."""
        return self._totals.used()

    def insert(
        self, label: str, machine: Machine, number: int, error: str | None, *, delivered: bool = False
    ) -> int:
        """Add an entry: owed, or on standby when it is delivered already. Give its id."""
        record, now = machine.to_json(), time.time()
        state = State.STANDBY if delivered else State.OWED
        self.changed = True
        self._totals.add(len(record))
        id_ = self._db.execute(
            "INSERT INTO entries (number, label, project_name, name, revision, size, state, delivered, "
            "error, created, due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(number, *schema.machine(label, machine.key), machine.revision, len(record)),
                *(str(state), delivered, storable(error), now, now),
            ),
        ).lastrowid
        self._db.execute("INSERT INTO records (id, record) VALUES (?, ?)", (id_, record))
        return int(id_ or 0)

    def renumber(self, entry: Entry, number: int) -> None:
        """Give an entry the place of a newer report of the same revision."""
        self.changed = True
        self._db.execute("UPDATE entries SET number = ? WHERE id = ?", (number, entry.id))

    def claim(self, entry: Entry, ticket: int, run: str | None) -> Entry:
        """Mark an entry as claimed."""
        self._db.execute(
            "UPDATE entries SET state = 'claimed', claim = ?, run = ? WHERE id = ?", (ticket, run, entry.id)
        )
        return replace(entry, state=State.CLAIMED, claim=ticket)

    def release(self, entry: Entry, state: State, error: str | None, pause: float, *, attempts: int) -> None:
        """End the claim of an entry, which is due in `pause` seconds."""
        self.changed = True
        self._db.execute(
            "UPDATE entries SET state = ?, attempts = ?, error = ?, due = ?, claim = NULL WHERE id = ?",
            (str(state), attempts, storable(error), time.time() + pause, entry.id),
        )

    def stand_by(self, entry: Entry) -> None:
        """Keep an entry that was delivered, in case something older overwrites it."""
        self.release(entry, State.STANDBY, None, 0, attempts=0)
        self._db.execute("UPDATE entries SET delivered = 1 WHERE id = ?", (entry.id,))

    def owe_again(self, label: str, key: MachineKey, above: int) -> None:
        """Owe what is on standby with higher numbers, as if it were new."""
        now = time.time()
        done = self._db.execute(
            "UPDATE entries SET state = 'owed', attempts = 0, error = ?, created = ?, due = ?, run = NULL "
            f"WHERE {_MACHINE} AND state = 'standby' AND number > ?",
            (AGAIN, now, now, *schema.machine(label, key), above),
        )
        self.changed |= done.rowcount > 0

    def revive(self, entry: Entry) -> None:
        """Owe a dead entry, as if it were new."""
        now = time.time()
        self._db.execute(
            "UPDATE entries SET state = 'owed', attempts = 0, due = ?, created = ?, run = NULL WHERE id = ?",
            (now, now, entry.id),
        )

    def give_up(self, age: float) -> None:
        """Let entries die that have been owed for too long, in seconds."""
        now = time.time()
        for label in list(self._labels_owed()):
            self._db.execute(
                "UPDATE entries SET state = 'dead', error = coalesce(error || '; ', '') || ?, due = ? "
                "WHERE state = 'owed' AND label = ? AND created < ?",
                (f"it has waited for more than {age:g} seconds", now, label, now - age),
            )

    def delete_replaceable(self, label: str, key: MachineKey, below: int) -> None:
        """Delete what is owed with lower numbers, since a newer one is owed; not what was delivered once."""
        self._delete_those("state = 'owed' AND delivered = 0", label, key, below)

    def delete_older(self, label: str, key: MachineKey, below: int) -> None:
        """Delete what is older than what was delivered; not what is claimed: its sender may load it."""
        self._delete_those("state IN ('owed', 'dead', 'standby')", label, key, below)

    def delete(self, entry: Entry) -> bool:
        """Delete an entry with its record; one whose record is stuck stays, as a dead one.

        Raises:
            sqlite3.Error: its record is stuck, which was not known; it is now, so the transaction can be run
            again.
        """
        if entry.id in self._stuck:
            self.release(entry, State.DEAD, _STUCK, 0, attempts=entry.attempts)
            return False
        try:
            self._db.execute("DELETE FROM records WHERE id = ?", (entry.id,))
        except sqlite3.Error as error:
            if is_damage(error):
                self._stuck.add(entry.id)
            raise
        self.changed = True
        self._totals.add(-entry.size)
        self._db.execute("DELETE FROM entries WHERE id = ?", (entry.id,))
        return True

    def claimable(self, label: str, limit: int, due_by: float, run: str | None) -> list[Entry]:
        """Give what is owed to a reporter and due by then; nothing of a machine that is claimed."""
        rows = self._db.execute(
            f"""
            SELECT {schema.ENTRY} FROM entries AS e WHERE label = ? AND state = 'owed' AND due <= ?
            AND (run IS NULL OR run IS NOT ?) AND NOT EXISTS (
                SELECT 1 FROM entries AS o WHERE o.label = e.label AND o.project_name = e.project_name
                AND o.name = e.name AND o.state = 'claimed'
            ) ORDER BY due, id LIMIT ?
            """,
            (schema.blob(label), due_by, run, limit),
        ).fetchall()
        return [schema.entry(row) for row in rows]

    def expired(self) -> list[Entry]:
        """Give what is claimed by senders who did not come back within their leases."""
        now = time.monotonic()
        return self._found(f"claim > 0 AND NOT EXISTS ({_HELD})", now, now)

    def claimed_by(self, ticket: int, number: int) -> list[Entry]:
        """Give what was claimed with a ticket."""
        return self._found("claim > 0 AND claim = ? AND number = ?", ticket, number)

    def holds(self, entry: Entry) -> bool:
        """Whether the claim of an entry still counts."""
        which = "id = ? AND number = ? AND claim = ? AND state = 'claimed'"
        return self._is_any(which, entry.id, entry.number, entry.claim)

    def has_newer(self, label: str, key: MachineKey, number: int) -> bool:
        """Whether a newer revision is owed, or was delivered and is on standby."""
        return self._is_any(f"{_MACHINE} AND {_ALIVE} AND number > ?", *schema.machine(label, key), number)

    def has_newer_delivered(self, label: str, key: MachineKey, number: int) -> bool:
        """Whether a newer revision was delivered that is on standby, or is sent once more."""
        which = f"{_MACHINE} AND {_ALIVE} AND number > ? AND delivered = 1"
        return self._is_any(which, *schema.machine(label, key), number)

    def superseded(self, label: str, key: MachineKey, number: int) -> int:
        """Count the bytes of older revisions that only stay until what is in flight has ended."""
        which = f"{_MACHINE} AND {_ALIVE} AND number < ?"
        return sum(entry.size for entry in self._found(which, *schema.machine(label, key), number))

    def was_delivered(self, entry: Entry) -> bool:
        """Whether an entry is sent once more."""
        return self._is_any("id = ? AND delivered = 1", entry.id)

    def newest_owed(self, label: str, key: MachineKey) -> Entry | None:
        """Give the newest entry of a machine that waits for its first delivery."""
        which = f"{_MACHINE} AND state = 'owed' AND delivered = 0 ORDER BY number DESC LIMIT 1"
        return next(iter(self._found(which, *schema.machine(label, key))), None)

    def has_record(self, entry: Entry, record: bytes) -> bool:
        """Whether this is the record of an entry; not, where that is damaged.

        Raises:
            sqlite3.Error: its record is stuck, which was not known; see `delete`.
        """
        if entry.size != len(record) or entry.id in self._stuck:
            return False
        try:
            return self.record(entry.id) == record
        except sqlite3.Error as error:
            if is_damage(error):
                self._stuck.add(entry.id)
            raise

    def dead(self) -> list[Entry]:
        """Give all dead entries."""
        return self._found("state = 'dead' AND id > 0")

    def dead_since(self, died_by: float, after: int, limit: int) -> list[int]:
        """Give the ids above `after` of some that had died by then."""
        rows = self._db.execute(
            "SELECT id FROM entries WHERE state = 'dead' AND id > ? AND due <= ? ORDER BY id LIMIT ?",
            (after, died_by, limit),
        ).fetchall()
        return _rising([schema.whole(row[0]) for row in rows], after)

    def dead_one(self, id_: int, died_by: float) -> Entry | None:
        """Give an entry that had died by then; None when somebody deleted it or owes it anew."""
        return next(iter(self._found("id = ? AND state = 'dead' AND due <= ?", id_, died_by)), None)

    def page(
        self, states: Sequence[State], labels: Collection[str] | None, after: int, limit: int
    ) -> list[Entry]:
        """Give some entries with ids above `after`; one whose claim has expired counts as owed."""
        now = time.monotonic()
        which, values = f"seen IN ({_marks(states)})", list[object](map(str, states))
        if labels is not None:
            which += f" AND label IN ({_marks(labels)})"
            values += map(schema.blob, labels)
        rows = self._db.execute(
            f"SELECT {schema.ENTRY}, seen FROM (SELECT *, {_SEEN} AS seen FROM entries WHERE id > ?) "
            f"WHERE {which} ORDER BY id LIMIT ?",
            (now, now, after, *values, limit),
        ).fetchall()
        found = [replace(schema.entry(row[:-1]), state=schema.state(row[-1])) for row in rows]
        _rising([entry.id for entry in found], after)
        return found

    def totals(self) -> dict[Group, Total]:
        """Sum up the entries by reporter and state."""
        now = time.monotonic()
        rows = self._db.execute(
            f"SELECT label, {_SEEN} AS seen, count(*), sum(size), min(created) FROM entries "
            "GROUP BY 1, 2 ORDER BY 1, 2",
            (now, now),
        ).fetchall()
        return {
            (schema.text(label), schema.state(state)): Total(
                schema.whole(count), schema.whole(size), schema.real(oldest)
            )
            for label, state, count, size, oldest in rows
        }

    def record(self, id_: int) -> bytes | None:
        """Give an entry's record as it was kept."""
        row = self._db.execute("SELECT record FROM records WHERE id = ?", (id_,)).fetchone()
        if row is None or isinstance(row[0], bytes):
            return None if row is None else row[0]
        return str(row[0]).encode()  # damaged, and not even of its type any more

    def fill(self, size: int) -> None:
        """Write so many bytes that belong to no entry, in place of those before; 0 takes them back."""
        self._db.execute("DELETE FROM records WHERE id = -1")
        if size:
            self._db.execute("INSERT INTO records (id, record) VALUES (-1, zeroblob(?))", (size,))

    def _delete_those(self, which: str, label: str, key: MachineKey, below: int) -> None:
        which = f"{_MACHINE} AND {which} AND number < ?"
        for entry in self._found(which, *schema.machine(label, key), below):
            self.delete(entry)

    def _labels_owed(self) -> Iterator[bytes]:
        """Give the labels of what is owed: a look-up for each."""
        last: bytes | None = None
        while row := self._db.execute(
            "SELECT label FROM entries WHERE state = 'owed' AND label > ? ORDER BY label LIMIT 1",
            ("" if last is None else last,),  # any text is less than any bytes
        ).fetchone():
            label = schema.blob(schema.text(row[0]))
            if last is not None and label <= last:
                raise malformed("an index without an order")
            last = label
            yield label

    def _found(self, which: str, *values: object) -> list[Entry]:
        rows = self._db.execute(f"SELECT {schema.ENTRY} FROM entries WHERE {which}", values).fetchall()
        return [schema.entry(row) for row in rows]

    def _is_any(self, which: str, *values: object) -> bool:
        return self._db.execute(f"SELECT 1 FROM entries WHERE {which} LIMIT 1", values).fetchone() is not None


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _rising(ids: list[int], after: int) -> list[int]:
    """Give ids that rise; where a damaged file has them in a circle, reading on would never end."""
    for id_ in ids:
        if id_ <= after:
            raise malformed("a table without an order")
        after = id_
    return ids


def storable(text: str | None) -> str | None:
    """Give a text as any store can hold it."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()
