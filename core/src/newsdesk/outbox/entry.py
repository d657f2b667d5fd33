"""What an outbox holds: machines that are owed to a reporter, and the order of their reports."""

import enum
import hashlib
from dataclasses import dataclass

from newsdesk.exceptions import MachineError
from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.storage.faults import DamagedError


class State(enum.StrEnum):
    """What an entry is waiting for."""

    OWED = "owed"
    """To be sent."""
    CLAIMED = "claimed"
    """Being sent."""
    DEAD = "dead"
    """Failed for good, or too often: somebody has to look at it."""
    STANDBY = "standby"
    """Delivered, and kept while an older revision is still in flight that may overwrite it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A report in flight, and its place in the order of all reports."""

    id: int
    """Its row."""
    number: int
    """Its place: of two reports of a machine, the one that began later has the higher number."""
    label: str
    """The reporter's label."""
    key: MachineKey
    """Which machine."""


@dataclass(frozen=True)
class Entry:
    """A machine that is owed to a reporter, without its record."""

    id: int
    """Its name in the outbox, for commands; it never changes."""
    number: int
    """The place of its report in the order of all reports; see `Ticket`."""
    label: str
    """The reporter's label."""
    key: MachineKey
    """Which machine."""
    revision: str
    """Which content of it."""
    state: State
    """What it is waiting for."""
    attempts: int
    """Failed attempts."""
    error: str | None
    """The last error."""
    created: float
    """When it came, as seconds since 1970."""
    due: float
    """From when on it may be sent; when it died, of a dead one. As seconds since 1970."""
    size: int
    """Bytes of its record."""
    claim: int | None = None
    """The ticket of the sender that has it."""

    @property
    def ticket(self) -> Ticket:
        """The ticket of its sender; one that nobody has, where it is not claimed."""
        return Ticket(self.claim or 0, self.number, self.label, self.key)

    def __str__(self) -> str:
        return f"entry {self.id} ({self.key} for {self.label})"


def machine_of(entry: Entry, record: bytes | None) -> Machine:
    """Give an entry's machine.

    Raises:
        DamagedError: the record is damaged, or there is none any more.
    """
    if record is None:
        raise DamagedError(f"{entry} has no record any more, because a newer one was delivered")
    if hashlib.sha256(record).hexdigest() != entry.revision and not _is_redacted(record, entry.revision):
        raise DamagedError(f"{entry} is damaged: its record is not what was kept; report the machine again")
    try:
        machine = Machine.from_json(record)
    except MachineError as error:
        raise DamagedError(f"{entry} cannot be read: {error}; report the machine again") from error
    if machine.key != entry.key:
        raise DamagedError(f"{entry} is damaged: its record is of {machine.key}; report both again")
    return machine


def _is_redacted(record: bytes, revision: str) -> bool:
    """Return whether a record is the redacted one of that revision, unchanged."""
    try:
        machine = Machine.from_json(record)
    except MachineError:
        return False
    return bool(machine.redactions) and machine.revision == revision
