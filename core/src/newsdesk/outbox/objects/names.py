"""Where an outbox keeps what in an object store: states by machine, records by when they are due."""

import secrets
import time
from dataclasses import dataclass

from newsdesk.machine import MachineKey
from newsdesk.objectstore.store import Listed
from newsdesk.outbox.entry import State
from newsdesk.slug import slug_of

STATES = "machines"
"""The folder of states; nothing lists it, so it may hold all machines there ever were."""
CHECKED = "outbox.json"
"""The object that says that the store has kept its conditions in a test."""

FOLDERS = {
    State.OWED: "owed",
    State.CLAIMED: "owed",  # a claim is a change of the state alone
    State.DEAD: "dead",
    State.STANDBY: "standby",
}
"""The folder of a record, by what its entry waits for: who sends lists no dead ones."""

ALL = ("owed", "dead", "standby")
"""The folders of records."""


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a record, which spares reading the state of its machine."""

    path: str
    """All of it."""
    folder: str
    """What it waits for."""
    label: str
    """The slug of the label."""
    due: float
    """When it is due, roughly: by the clock of the process that wrote it, for the order alone."""
    id: int
    """The id of its entry."""
    machine: str
    """The slug of the machine."""
    modified: float
    """When it was written, by the store's clock."""
    size: int
    """Bytes of the record."""

    @property
    def state(self) -> str:
        """The path of the state of its machine."""
        return f"{STATES}/{self.label}/{self.machine}.json"


def state_of(label: str, key: MachineKey) -> str:
    """Give the path of a machine's state."""
    return f"{STATES}/{folder_of(label)}/{key.slug()}.json"


def folder_of(label: str) -> str:
    """Give a label as a part of a path."""
    return slug_of(label, "label")


def record_of(state: State, label: str, key: MachineKey, id_: int, pause: float) -> str:
    """Give a new name for a record, by what it waits for; what is owed, in the order in which it is due."""
    due = int((time.time() + pause) * 1e6) if state is State.OWED else 0
    return f"{FOLDERS[state]}/{folder_of(label)}/{due:016d}-{id_:016d}-{key.slug()}.json"


def parsed(found: Listed) -> Name | None:
    """Read a name; None if it is not that of a record."""
    folder, _, rest = found.path.partition("/")
    label, _, last = rest.partition("/")
    due, _, rest = last.partition("-")
    id_, _, machine = rest.partition("-")
    if folder not in FOLDERS.values() or not machine.endswith(".json") or not (due + id_).isdecimal():
        return None
    slug = machine.removesuffix(".json")
    return Name(found.path, folder, label, int(due) / 1e6, int(id_), slug, found.modified, found.size)


def new_id(after: int = 0) -> int:
    """Give an id for an entry: by age, and not twice even where thousands come in a second."""
    return max(after + 1, (time.time_ns() // 1_000_000 << 12) | secrets.randbits(12))


def came(id_: int) -> float:
    """Give when an entry came, roughly, as seconds since 1970."""
    return (id_ >> 12) / 1000
