"""The tables of an outbox, and how its rows are read: what comes from the file is checked here alone."""

from typing import Any, TypeVar

from newsdesk.machine import MachineKey
from newsdesk.outbox.entry import Entry, State
from newsdesk.outbox.storage.faults import malformed
from newsdesk.outbox.storage.format import Format

# The records are apart, so that a claim writes a few bytes whatever the size of a record, and so that an
# entry whose record is damaged can still become dead. A partial index holds what is looked for again and
# again, so that no step gets slower with what is not.
_SCHEMA = (
    """
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        number INTEGER NOT NULL,
        label BLOB NOT NULL,
        project_name BLOB NOT NULL,
        name BLOB NOT NULL,
        revision TEXT NOT NULL,
        size INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('owed', 'claimed', 'dead', 'standby')),
        delivered INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        created REAL NOT NULL,
        due REAL NOT NULL,
        claim INTEGER,
        run TEXT
    )
    """,
    "CREATE INDEX entries_machine ON entries (label, project_name, name, state, number)",
    "CREATE INDEX entries_due ON entries (label, due, id) WHERE state = 'owed'",
    "CREATE INDEX entries_age ON entries (label, created) WHERE state = 'owed'",
    "CREATE INDEX entries_claim ON entries (claim) WHERE claim > 0",
    "CREATE INDEX entries_dead ON entries (id) WHERE state = 'dead'",
    "CREATE TABLE records (id INTEGER PRIMARY KEY, record BLOB NOT NULL)",
    # A send in flight. `opened` and `expires` are times of a clock that nobody sets and that begins anew with
    # the computer. `crossed`: an older send ended meanwhile, so nobody knows which of the two wrote last.
    """
    CREATE TABLE tickets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        number INTEGER NOT NULL,
        label BLOB NOT NULL,
        project_name BLOB NOT NULL,
        name BLOB NOT NULL,
        process TEXT NOT NULL,
        opened REAL NOT NULL,
        expires REAL NOT NULL,
        crossed INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX tickets_machine ON tickets (label, project_name, name, number)",
    "CREATE INDEX tickets_process ON tickets (process, opened)",
    "CREATE INDEX tickets_expires ON tickets (expires)",
    # One row: the last number that was given, and the bytes of all records with their check.
    "CREATE TABLE totals (id INTEGER PRIMARY KEY, number INTEGER, bytes INTEGER, inverse INTEGER)",
    "INSERT INTO totals VALUES (1, 0, 0, -1)",
)

FORMAT = Format(_SCHEMA, application=0x6E776473, version=2)
"""What an outbox is on disk. The number of the application is `nwds`."""

ENTRY = "id, number, label, project_name, name, revision, state, attempts, error, created, due, size, claim"
"""The columns that `entry` reads."""

LARGEST = 1 << 62
"""More than any number or size that is ever written: a larger one is damage."""

T = TypeVar("T")


def entry(row: tuple[Any, ...]) -> Entry:
    """Read an entry of the columns `ENTRY`."""
    id_, number, label, project_name, name, revision, known, attempts, error, created, due, size, claim = row
    return Entry(
        id=whole(id_),
        number=whole(number),
        label=text(label),
        key=MachineKey(text(project_name), text(name)),
        revision=_typed(revision, str),
        state=state(known),
        attempts=whole(attempts),
        error=None if error is None else _typed(error, str),
        created=real(created),
        due=real(due),
        size=whole(size),
        claim=None if claim is None else whole(claim),
    )


def state(value: object) -> State:
    """Read a state."""
    try:
        return State(_typed(value, str))
    except ValueError:
        raise malformed(f"the state {value!r}") from None


def whole(value: object) -> int:
    """Read a whole number that is not negative."""
    found = _typed(value, int)
    if not 0 <= found < LARGEST:
        raise malformed(f"the number {found}")
    return found


def real(value: object) -> float:
    """Read a time."""
    return float(value if isinstance(value, int) else _typed(value, float))


def text(value: object) -> str:
    """Read a text that was written by `blob`."""
    found = _typed(value, bytes)
    try:
        return found.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # damaged: it is still to be shown
        return found.decode("utf-8", "replace")


def plain_text(value: object) -> str:
    """Read a text that SQLite holds as such."""
    return _typed(value, str)


def blob(value: str) -> bytes:
    """Give a text as SQLite can hold it: its own texts can have no lone surrogates."""
    return value.encode("utf-8", "surrogatepass")


def machine(label: str, key: MachineKey) -> tuple[bytes, bytes, bytes]:
    """Give what a row of a machine and reporter is found by."""
    return blob(label), blob(key.project_name), blob(key.name)


def _typed(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise malformed(f"a {type(value).__name__} where none can be")
    return value
