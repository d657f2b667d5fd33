"""The entries and tickets of one machine, in memory, between a read and a write."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from newsdesk.machine import Machine, MachineKey
from newsdesk.objectstore.store import Found
from newsdesk.outbox.entry import Entry, State, Ticket
from newsdesk.outbox.objects.instant import NOW, is_past
from newsdesk.outbox.objects.state import MachineState, OpenTicket, Row, StoredEntry
from newsdesk.outbox.processes import Processes
from newsdesk.outbox.rows.table import AGAIN, storable
from newsdesk.outbox.rows.tickets import FORGOTTEN

_ALIVE = (State.OWED, State.CLAIMED, State.STANDBY)
_DOUBT = 3600.0
"""Seconds by which our own clock may be wrong, where it decides nothing."""
_OLDER = (State.OWED, State.DEAD, State.STANDBY)


class Entries:
    """The entries of a state; `label` and `key` are always those of its machine.

    Args:
        state: The state, which is changed.
        now: Gives the time by the store's clock; it may cost requests, so only what needs it asks.
        used: Gives the bytes of all records of the outbox.
        id_for: Gives the id for a new entry of a revision.
        load: Reads the object of a record.
    """

    def __init__(
        self,
        state: MachineState,
        now: Callable[[], float],
        used: Callable[[], int],
        id_for: Callable[[str], int],
        load: Callable[[str], Found | None],
    ) -> None:
        self._state = state
        self._load = load
        self._now = now
        self._id_for = id_for
        self.used = used
        self.records: dict[int, bytes] = {}
        """Records of new entries."""
        self.pauses: dict[int, float] = {}
        """Seconds until they are due, of entries that were put elsewhere in the order."""

    def numbers(self, count: int) -> int:
        """Take numbers for reports that begin now, and give the first."""
        self._state.number += count
        return self._state.number - count + 1

    def insert(
        self,
        label: str,  # noqa: ARG002  (of this machine)
        machine: Machine,
        number: int,
        error: str | None,
        *,
        delivered: bool = False,
    ) -> int:
        """Add an entry: owed, or on standby when it is delivered already. Give its id."""
        record = machine.to_json()
        row = Row(
            id=self._id_for(machine.revision),
            number=number,
            revision=machine.revision,
            size=len(record),
            state=State.STANDBY if delivered else State.OWED,
            created=NOW,
            due=NOW,
            delivered=delivered,
            error=storable(error),
        )
        self._state.rows.append(row)
        self._state.number = max(self._state.number, number)
        self.records[row.id] = record
        self.pauses[row.id] = 0.0
        return row.id

    def renumber(self, entry: Entry, number: int) -> None:
        """Give an entry the place of a newer report of the same revision."""
        self._row(entry).number = number

    def claim(self, entry: Entry, ticket: int, run: str | None) -> Entry:
        """Mark an entry as claimed."""
        row = self._row(entry)
        row.state, row.claim, row.run = State.CLAIMED, ticket, run
        return replace(entry, state=State.CLAIMED, claim=ticket)

    def release(self, entry: Entry, state: State, error: str | None, pause: float, *, attempts: int) -> None:
        """End the claim of an entry, which is due in `pause` seconds."""
        row = self._row(entry)
        row.state, row.error, row.attempts, row.claim = state, storable(error), attempts, None
        row.due = NOW + pause
        self.pauses[row.id] = pause

    def stand_by(self, entry: Entry) -> None:
        """Keep an entry that was delivered, in case something older overwrites it."""
        self.release(entry, State.STANDBY, None, 0, attempts=0)
        self._row(entry).delivered = True

    def owe_again(self, label: str, key: MachineKey, above: int) -> None:  # noqa: ARG002  (of this machine)
        """Owe what is on standby with higher numbers, as if it were new."""
        for row in self._rows(State.STANDBY):
            if row.number > above:
                row.error = AGAIN
                self._renew(row)

    def revive(self, entry: Entry) -> None:
        """Owe a dead entry, as if it were new."""
        self._renew(self._row(entry))

    def give_up(self, age: float) -> None:
        """Let entries die that have been owed for too long, in seconds."""
        for row in self._rows(State.OWED):
            if is_past(row.created, self._now() - age):
                why = f"it has waited for more than {age:g} seconds"
                row.state, row.due = State.DEAD, NOW
                row.error = why if row.error is None else f"{row.error}; {why}"
                self.pauses[row.id] = 0.0

    def delete_replaceable(self, label: str, key: MachineKey, below: int) -> None:  # noqa: ARG002  (of this machine)
        """Delete what is owed with lower numbers, since a newer one is owed; not what was delivered once."""
        self._keep(lambda row: row.state is not State.OWED or row.delivered or row.number >= below)

    def delete_older(self, label: str, key: MachineKey, below: int) -> None:  # noqa: ARG002  (of this machine)
        """Delete what is older than what was delivered; not what is claimed: its sender may load it."""
        self._keep(lambda row: row.state not in _OLDER or row.number >= below)

    def delete(self, entry: Entry) -> bool:
        """Delete an entry with its record."""
        self._keep(lambda row: row.id != entry.id)
        return True

    def claimable(self, label: str, limit: int, due_by: float, run: str | None) -> list[Entry]:  # noqa: ARG002  (of this machine)
        """Give what is owed and due by then; nothing while something of the machine is claimed."""
        if self._rows(State.CLAIMED):
            return []
        due = [
            row for row in self._rows(State.OWED) if row.due <= due_by and (row.run is None or row.run != run)
        ]
        due.sort(key=lambda row: (row.due, row.id))
        return [self._state.entry(row) for row in due[:limit]]

    def expired(self) -> Sequence[Entry]:
        """Give what is claimed by senders who did not come back within their leases."""
        return [self._state.entry(row) for row in self._state.rows if row.claim and not self.is_held(row)]

    def claimed_by(self, ticket: int, number: int) -> Sequence[Entry]:
        """Give what was claimed with a ticket."""
        return [self._state.entry(r) for r in self._state.rows if r.claim == ticket and r.number == number]

    def holds(self, entry: Entry) -> bool:
        """Whether the claim of an entry still counts."""
        known = (entry.id, entry.number, entry.claim)
        return any((row.id, row.number, row.claim) == known for row in self._rows(State.CLAIMED))

    def has_newer(self, label: str, key: MachineKey, number: int) -> bool:  # noqa: ARG002  (of this machine)
        """Whether a newer revision is owed, or was delivered and is on standby."""
        return any(row.number > number for row in self._rows(*_ALIVE))

    def has_newer_delivered(self, label: str, key: MachineKey, number: int) -> bool:  # noqa: ARG002  (of this machine)
        """Whether a newer revision was delivered that is on standby, or is sent once more."""
        return any(row.number > number and row.delivered for row in self._rows(*_ALIVE))

    def superseded(self, label: str, key: MachineKey, number: int) -> int:  # noqa: ARG002  (of this machine)
        """Count the bytes of older revisions that only stay until what is in flight has ended."""
        return sum(row.size for row in self._rows(*_ALIVE) if row.number < number)

    def was_delivered(self, entry: Entry) -> bool:
        """Whether an entry is sent once more."""
        return any(row.id == entry.id and row.delivered for row in self._state.rows)

    def newest_owed(self, label: str, key: MachineKey) -> Entry | None:  # noqa: ARG002  (of this machine)
        """Give the newest entry that waits for its first delivery."""
        rows = [row for row in self._rows(State.OWED) if not row.delivered]
        return self._state.entry(max(rows, key=lambda row: row.number)) if rows else None

    def has_record(self, entry: Entry, record: bytes) -> bool:
        """Whether this is the record of an entry, for which it is read; not, where that is damaged."""
        if entry.size != len(record):
            return False
        found = self._load(self._row(entry).record)
        return found is not None and found.content == record

    def dead(self) -> Sequence[Entry]:
        """Give all dead entries."""
        return [self._state.entry(row) for row in self._rows(State.DEAD)]

    def dead_one(self, id_: int, died_by: float) -> Entry | None:
        """Give an entry that had died by then; None when somebody deleted it or owes it anew."""
        found = [row for row in self._rows(State.DEAD) if row.id == id_ and is_past(row.due, died_by)]
        return self._state.entry(found[0]) if found else None

    def seen(self) -> list[StoredEntry]:
        """Give all entries; one whose claim has expired counts as owed."""
        return [
            self._state.entry(row, None if row.claim is None or self.is_held(row) else State.OWED)
            for row in self._state.rows
        ]

    def is_held(self, row: Row) -> bool:
        """Whether the lease of a claim lasts."""
        found = [each for each in self._state.tickets if each.id == row.claim]
        return bool(found) and not (
            is_past(found[0].opened, NOW / 2) and is_past(found[0].opened + found[0].lease, self._now())
        )

    def _renew(self, row: Row) -> None:
        row.state, row.attempts, row.run = State.OWED, 0, None
        row.created = row.due = NOW
        self.pauses[row.id] = 0.0

    def _keep(self, wanted: Callable[[Row], bool]) -> None:
        self._state.rows = [row for row in self._state.rows if wanted(row)]

    def _rows(self, *states: State) -> list[Row]:
        return [row for row in self._state.rows if row.state in states]

    def _row(self, entry: Entry) -> Row:
        return next(row for row in self._state.rows if row.id == entry.id)


class Tickets:
    """The sends of a machine that are in flight.

    Args:
        state: The state, which is changed.
        now: Gives the time by the store's clock.
        processes: Tells which process holds a ticket, and whether it is gone.
    """

    def __init__(self, state: MachineState, now: Callable[[], float], processes: Processes) -> None:
        self._state = state
        self._now = now
        self._processes = processes

    def open(self, number: int, label: str, key: MachineKey, lease: float) -> Ticket:
        """Add a ticket of this process."""
        self._state.ticket += 1
        self._state.tickets.append(OpenTicket(self._state.ticket, number, self._processes.own(), NOW, lease))
        return Ticket(self._state.ticket, number, label, key)

    def is_crossed(self, ticket: Ticket) -> bool:
        """Whether an older send of the machine has ended since this one began."""
        return any(each.crossed for each in self._state.tickets if _is(each, ticket))

    def close(self, ticket: Ticket) -> None:
        """Drop a ticket; newer ones that are open are crossed by it."""
        self._state.tickets = [each for each in self._state.tickets if not _is(each, ticket)]
        for each in self._state.tickets:
            each.crossed = each.crossed or each.number > ticket.number

    def has_older(self, label: str, key: MachineKey, number: int) -> bool:  # noqa: ARG002  (of this machine)
        """Whether an older send of the machine may still write."""
        return any(each.number < number for each in self._state.tickets)

    def abandoned(self) -> Iterable[Ticket]:
        """Give the tickets that nobody will close: of processes that are gone, and forgotten ones."""
        for each in list(self._state.tickets):
            if self._processes.is_gone(each.process) or self._is_forgotten(each):
                yield Ticket(each.id, each.number, self._state.label, self._state.key)

    def _is_forgotten(self, ticket: OpenTicket) -> bool:
        end = ticket.opened + ticket.lease + FORGOTTEN
        # Our own clock only says whether it is worth asking for the store's.
        return is_past(end, time.time() + _DOUBT) and is_past(end, self._now())


def _is(row: OpenTicket, ticket: Ticket) -> bool:
    return (row.id, row.number) == (ticket.id, ticket.number)
