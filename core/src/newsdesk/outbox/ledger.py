"""The rules of an outbox: what is kept, in which order it counts, and what makes it needless."""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.bounds import Bounds
from newsdesk.outbox.entry import Entry, State, Ticket
from newsdesk.outbox.storage.faults import OutboxError
from newsdesk.outbox.tables import EntryTable, TicketTable

T = TypeVar("T", bound=EntryTable)


class Ledger(Generic[T]):
    """The entries of an outbox and the tickets of what is in flight, within one transaction.

    Numbers order the reports of a machine: what is delivered settles everything lower. While a lower ticket
    is open, its write may still reach the backend. So when a ticket ends, whatever is newer and was
    delivered while it was open is sent once more: it has waited for that on standby, or its own ticket is
    crossed.
    """

    def __init__(self, table: T, tickets: TicketTable, bounds: Bounds) -> None:
        self.table = table
        self._tickets = tickets
        self._bounds = bounds

    def begin(
        self, labels: Sequence[str], keys: Sequence[MachineKey], lease: float
    ) -> list[dict[str, Ticket]]:
        """Open a ticket for each machine and label."""
        self._end_abandoned()
        first = self.table.numbers(len(keys))
        return [
            {label: self._tickets.open(number, label, key, lease) for label in labels}
            for number, key in enumerate(keys, first)
        ]

    def is_late(self, ticket: Ticket) -> bool:
        """Whether a newer revision was delivered or is owed."""
        return self.table.has_newer(ticket.label, ticket.key, ticket.number)

    def put(
        self, label: str, machine: Machine, error: str | None, ticket: Ticket | None, *, running: bool
    ) -> int | None:
        """Keep a machine, unless a newer one is; delete the older ones that are owed."""
        number = self.table.numbers(1) if ticket is None else ticket.number
        if ticket is not None and not running:
            self.end(ticket)
        key = machine.key
        if self.table.has_newer(label, key, number):
            return None
        newest, record = self.table.newest_owed(label, key), machine.to_json()
        # A revision has several forms, where `redact` was changed: only the same one is kept.
        if (
            newest is not None
            and newest.revision == machine.revision
            and self.table.has_record(newest, record)
        ):
            self.table.renumber(newest, number)
            return newest.id
        self.table.delete_replaceable(label, key, number)
        self._refuse_overflow(len(record), spared=self.table.superseded(label, key, number))
        return self.table.insert(label, machine, number, error)

    def settle(self, machine: Machine, ticket: Ticket, *, running: bool) -> bool:
        """Settle what is older, and keep the machine where something older is or was in flight."""
        label, key, number = ticket.label, ticket.key, ticket.number
        crossed, late = self._end_delivered(ticket, running=running)
        if late:
            return False
        self.table.delete_older(label, key, below=number + 1)
        if crossed or self._tickets.has_older(label, key, number):
            self.table.insert(label, machine, number, None, delivered=True)
        if crossed:
            self.table.owe_again(label, key, above=number - 1)
        return True

    def end(self, ticket: Ticket) -> None:
        """End a ticket: what is newer, and was delivered meanwhile, is sent once more."""
        self._tickets.close(ticket)
        self.table.owe_again(ticket.label, ticket.key, above=ticket.number)

    def claim(
        self, labels: Iterable[str], *, lease: float, limit: int, due_by: float, run: str | None
    ) -> list[Entry]:
        """Claim what has waited longest."""
        self._end_abandoned()
        for entry in self.table.expired():
            # Its ticket stays, since its sender may live on and write.
            error = "its sender did not come back before its claim expired"
            self.release(entry, error, 0, counts=True, running=True)
        if self._bounds.max_age is not None:
            self.table.give_up(self._bounds.max_age)
        found = [entry for label in labels for entry in self.table.claimable(label, limit, due_by, run)]
        found.sort(key=lambda entry: (entry.due, entry.id))
        return [
            self.table.claim(entry, self._tickets.open(entry.number, entry.label, entry.key, lease).id, run)
            for entry in found[:limit]
        ]

    def delivered(self, entry: Entry, *, running: bool) -> bool:
        """Settle an entry whose claim holds, and what is older."""
        label, key, number = entry.label, entry.key, entry.number
        held = self.table.holds(entry)
        crossed, late = self._end_delivered(entry.ticket, running=running)
        if held and late:
            self.table.delete(entry)
        elif held:
            self.table.delete_older(label, key, below=number)
            if crossed or self._tickets.has_older(label, key, number):
                self.table.stand_by(entry)
            else:
                self.table.delete(entry)
            if crossed:
                self.table.owe_again(label, key, above=number - 1)
        return held and not late

    def release(
        self, entry: Entry, error: str, pause: float, *, counts: bool, running: bool = False
    ) -> State | None:
        """Give back an entry whose claim holds: owed, or dead, or deleted since a newer one replaced it."""
        held = self.table.holds(entry)
        if not running:
            self.end(entry.ticket)
        if not held:
            return None
        if self._is_replaced(entry):
            self.table.delete(entry)
            return None
        state, attempts = State.OWED, entry.attempts + counts
        if counts and attempts >= self._bounds.attempts:
            state, pause = State.DEAD, 0
        self.table.release(entry, state, error, pause, attempts=attempts)
        return state

    def bury(self, entry: Entry, error: str, *, running: bool) -> bool:
        """Let an entry die whose claim holds; one that is older than what was delivered is deleted."""
        held = self.table.holds(entry)
        if not running:
            self.end(entry.ticket)
        if held and self.table.has_newer_delivered(entry.label, entry.key, entry.number):
            self.table.delete(entry)
        elif held:
            self.table.release(entry, State.DEAD, error, 0, attempts=entry.attempts + 1)
        return held

    def requeue(self, ids: Iterable[int] | None) -> int:
        """Owe dead entries anew, the newest of each machine."""
        wanted, owed = None if ids is None else set(ids), 0
        for entry in sorted(self.table.dead(), key=lambda entry: -entry.number):
            if wanted is not None and entry.id not in wanted:
                continue
            if self._is_replaced(entry):
                self.table.delete(entry)
                continue
            self.table.delete_replaceable(entry.label, entry.key, entry.number)
            self.table.revive(entry)
            owed += 1
        return owed

    def prune(self, ids: Iterable[int], died_by: float) -> dict[int, bool]:
        """Delete those of the entries that are still dead, and give of each whether it is gone."""
        found = [self.table.dead_one(id_, died_by) for id_ in ids]
        return {entry.id: self.table.delete(entry) for entry in found if entry is not None}

    def _end_delivered(self, ticket: Ticket, *, running: bool) -> tuple[bool, bool]:
        """End the ticket of what was delivered; return whether it was crossed, and whether it is late."""
        crossed = self._tickets.is_crossed(ticket)
        if not running:
            self._tickets.close(ticket)
        late = self.table.has_newer_delivered(ticket.label, ticket.key, ticket.number)
        self.table.owe_again(ticket.label, ticket.key, above=ticket.number)
        return crossed, late

    def _end_abandoned(self) -> None:
        """End the tickets of those who are gone; what they had claimed is owed again.

        It counts as an attempt, and it goes to the end: a record that kills its sender must not come first
        for ever.
        """
        for ticket in list(self._tickets.abandoned()):
            for entry in self.table.claimed_by(ticket.id, ticket.number):
                self.release(entry, "its sender has died", 0, counts=True)
            self.end(ticket)

    def _is_replaced(self, entry: Entry) -> bool:
        """Whether a newer one makes an entry needless; if it was delivered, only a delivered one does."""
        if self.table.was_delivered(entry):
            return self.table.has_newer_delivered(entry.label, entry.key, entry.number)
        return self.table.has_newer(entry.label, entry.key, entry.number)

    def _refuse_overflow(self, size: int, spared: int) -> None:
        limit = self._bounds.max_bytes
        if limit is None:
            return
        used = self.table.used() - spared
        if used + size > limit:
            raise OutboxError(
                f"the record needs {size} bytes, and {used} of the outbox's {limit} are taken; send what is "
                "owed with 'newsdesk outbox send', or raise 'max_bytes'"
            )
