"""What the rules of an outbox need of whatever holds its entries and tickets: rows, or an object."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.entry import Entry, State, Ticket


class EntryTable(Protocol):
    """The entries of machines, within a transaction."""

    def numbers(self, count: int) -> int:
        """Take numbers for reports that begin now, and give the first: higher than any before."""

    def used(self) -> int:
        """Give the bytes of all records."""

    def insert(
        self, label: str, machine: Machine, number: int, error: str | None, *, delivered: bool = False
    ) -> int:
        """Add an entry: owed, or on standby when it is delivered already. Give its id."""

    def renumber(self, entry: Entry, number: int) -> None:
        """Give an entry the place of a newer report of the same revision."""

    def claim(self, entry: Entry, ticket: int, run: str | None) -> Entry:
        """Mark an entry as claimed."""

    def release(self, entry: Entry, state: State, error: str | None, pause: float, *, attempts: int) -> None:
        """End the claim of an entry, which is due in `pause` seconds."""

    def stand_by(self, entry: Entry) -> None:
        """Keep an entry that was delivered, in case something older overwrites it."""

    def owe_again(self, label: str, key: MachineKey, above: int) -> None:
        """Owe what is on standby with higher numbers, as if it were new."""

    def revive(self, entry: Entry) -> None:
        """Owe a dead entry, as if it were new."""

    def give_up(self, age: float) -> None:
        """Let entries die that have been owed for too long, in seconds."""

    def delete_replaceable(self, label: str, key: MachineKey, below: int) -> None:
        """Delete what is owed with lower numbers, since a newer one is owed; not what was delivered once."""

    def delete_older(self, label: str, key: MachineKey, below: int) -> None:
        """Delete what is older than what was delivered; not what is claimed: its sender may load it."""

    def delete(self, entry: Entry) -> bool:
        """Delete an entry with its record; give whether it is gone."""

    def claimable(self, label: str, limit: int, due_by: float, run: str | None) -> Sequence[Entry]:
        """Give what is owed to a reporter and due by then; nothing of a machine that is claimed."""

    def expired(self) -> Sequence[Entry]:
        """Give what is claimed by senders who did not come back within their leases."""

    def claimed_by(self, ticket: int, number: int) -> Sequence[Entry]:
        """Give what was claimed with a ticket."""

    def holds(self, entry: Entry) -> bool:
        """Whether the claim of an entry still counts."""

    def has_newer(self, label: str, key: MachineKey, number: int) -> bool:
        """Whether a newer revision is owed, or was delivered and is on standby."""

    def has_newer_delivered(self, label: str, key: MachineKey, number: int) -> bool:
        """Whether a newer revision was delivered that is on standby, or is sent once more."""

    def superseded(self, label: str, key: MachineKey, number: int) -> int:
        """Count the bytes of older revisions that only stay until what is in flight has ended."""

    def was_delivered(self, entry: Entry) -> bool:
        """Whether an entry is sent once more."""

    def newest_owed(self, label: str, key: MachineKey) -> Entry | None:
        """Give the newest entry of a machine that waits for its first delivery."""

    def has_record(self, entry: Entry, record: bytes) -> bool:
        """Whether this is the record of an entry; not, where that is damaged."""

    def dead(self) -> Sequence[Entry]:
        """Give all dead entries."""

    def dead_one(self, id_: int, died_by: float) -> Entry | None:
        """Give an entry that had died by then; None when somebody deleted it or owes it anew."""


class TicketTable(Protocol):
    """The sends in flight: each is open from before a machine is sent until nothing more can be written."""

    def open(self, number: int, label: str, key: MachineKey, lease: float) -> Ticket:
        """Add a ticket of this process."""

    def is_crossed(self, ticket: Ticket) -> bool:
        """Whether an older send of the machine has ended since this one began."""

    def close(self, ticket: Ticket) -> None:
        """Drop a ticket; newer ones that are open are crossed by it."""

    def has_older(self, label: str, key: MachineKey, number: int) -> bool:
        """Whether an older send of the machine may still write."""

    def abandoned(self) -> Iterable[Ticket]:
        """Give the tickets that nobody will close: of processes that are gone, and forgotten ones."""
