"""An outbox in an object store, for processes on any number of computers."""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from newsdesk.exceptions import DefinitionError, DeliveryError, TransientReporterError
from newsdesk.machine import Machine, MachineKey
from newsdesk.objectstore.atonce import at_once
from newsdesk.objectstore.conditions import expect_conditions
from newsdesk.objectstore.store import ObjectStore
from newsdesk.outbox.backlog import Group, Total
from newsdesk.outbox.base import BaseOutbox
from newsdesk.outbox.bounds import Bounds
from newsdesk.outbox.entry import Entry, State, Ticket, machine_of
from newsdesk.outbox.objects import names
from newsdesk.outbox.objects.claims import Claims, Search
from newsdesk.outbox.objects.clients import Clients
from newsdesk.outbox.objects.clock import Clock
from newsdesk.outbox.objects.listing import Listing
from newsdesk.outbox.objects.machines import Machines, Work
from newsdesk.outbox.objects.reading import Reading
from newsdesk.outbox.storage.database import BUSY
from newsdesk.outbox.storage.faults import OutboxError

BUDGET = 10.0
"""Seconds in which a record must be kept: a store that needs more is down, and the report must end."""

_DOWN_FOR, _DOWN_BUDGET = 10.0, 1.0
"""Seconds after a failure for which each call has only so many seconds."""
_USED_FOR = 60.0
"""Seconds for which the sum of all records is taken for known."""

T = TypeVar("T")


class ObjectOutbox(BaseOutbox):
    """What is owed, in a bucket: shared by any processes, whole whichever of them ends.

    See docs/delivery.md for its layout, its guarantees and what it costs.

    Args:
        url: `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`.
        options: What the store takes beside it, which may hold references; see the reporter `objects`.
        bounds: How much it takes; `max_bytes` may be exceeded by what others put within a minute.
    """

    def __init__(
        self, url: str, options: Mapping[str, str] | None = None, bounds: Bounds | None = None
    ) -> None:
        self.url = url
        self.options = options
        self.bounds = bounds or Bounds()
        self._clients = Clients(url, options)
        self._clock = Clock(lambda: self._store(BUDGET))
        self._machines = Machines(self._store, self._clock, self.bounds, self._used, self._grow)
        self._listing = Listing(lambda: self._store(BUDGET))
        self._claims = Claims(self._machines, self._listing, self._clock, lambda: self._store(BUDGET))
        self._reading = Reading(self._machines, self._listing, BUDGET)
        self._is_checked = False
        self._failed: float | None = None
        """`time.monotonic()` when the store last failed."""
        self._sum: tuple[float, int] | None = None

    @property
    def place(self) -> str:
        """Its URL."""
        return self.url

    def begin(
        self, labels: Iterable[str], keys: Iterable[MachineKey], *, lease: float, within: float = BUSY
    ) -> list[dict[str, Ticket]]:
        """Give a ticket for each of these machines and reporters; the machines at the same time."""
        machines, wanted = list(keys), list(labels)
        counts, end = Counter(machines), time.monotonic() + self._budget(within)

        def begin(pair: tuple[str, MachineKey]) -> Iterator[Ticket]:
            label, key = pair
            begun = self._machines.change(
                label,
                key,
                lambda ledger: ledger.begin([label], [key] * counts[key], lease),
                within=end - time.monotonic(),
            )
            return iter([tickets[label] for tickets in begun])

        pairs = [(label, key) for label in wanted for key in counts]
        with self._errors():
            begun = dict(zip(pairs, at_once(begin, pairs), strict=True))
        return [{label: next(begun[label, key]) for label in wanted} for key in machines]

    def is_late(self, ticket: Ticket, *, within: float = BUSY) -> bool:
        """Whether a newer revision was delivered or is owed, so that this one need not be sent."""
        with self._errors():
            found = self._machines.read(names.state_of(ticket.label, ticket.key), self._budget(within))
        return found is not None and found[1].has_newer(ticket.label, ticket.key, ticket.number)

    def put(
        self,
        label: str,
        machine: Machine,
        *,
        error: str | None = None,
        ticket: Ticket | None = None,
        running: bool = False,
        within: float = BUSY,
    ) -> int | None:
        """Keep a machine for a reporter, and give its id; at the store when this returns."""
        shown = machine.redacted()
        try:
            with self._errors():
                self._check()
                return self._machines.change(
                    label,
                    machine.key,
                    lambda ledger: ledger.put(label, shown, error, ticket, running=running),
                    within=self._budget(within),
                    is_known=ticket is not None,
                )
        except OutboxError as problem:
            raise OutboxError(f"{machine.key} could not be kept for {label}: {problem}") from problem

    def settle(
        self, machine: Machine, ticket: Ticket, *, running: bool = False, within: float = BUSY
    ) -> bool:
        """End a report that was delivered: what is older of the machine and owed is deleted."""
        shown = machine.redacted()
        with self._errors():
            return self._machines.change(
                ticket.label,
                ticket.key,
                lambda ledger: ledger.settle(shown, ticket, running=running),
                within=self._budget(within),
                is_known=True,
            )

    def end(self, ticket: Ticket, *, within: float = BUSY) -> None:
        """End a report that was not delivered, and is not to be kept; or one that was put while `running`."""
        with self._errors():
            self._machines.change(
                ticket.label,
                ticket.key,
                lambda ledger: ledger.end(ticket),
                within=self._budget(within),
                is_known=True,
            )

    def claim(
        self,
        labels: Iterable[str],
        *,
        lease: float,
        limit: int = 1,
        due_by: float = float("inf"),
        run: str | None = None,
        within: float = BUSY,
    ) -> Sequence[Entry]:
        """Claim the entries that have waited longest, as far as one listing shows.

        A run goes through a listing once, and asks for another when it is at its end.
        """
        search = Search(list(labels), lease, due_by, run, self._budget(within))
        with self._errors():
            if not search.labels:
                return []
            self._check()
            return self._claims.claim(search, limit)

    def load(self, entry: Entry) -> Machine:
        """Give an entry's machine."""
        with self._errors():
            path = getattr(entry, "record", "")
            found = self._store(BUDGET).get(path) if path else None
            if found is None:  # it was put elsewhere in the order since
                state = self._machines.read(names.state_of(entry.label, entry.key), BUDGET)
                paths = [] if state is None else [row.record for row in state[0].rows if row.id == entry.id]
                found = self._store(BUDGET).get(paths[0]) if paths else None
        return machine_of(entry, None if found is None else found.content)

    def delivered(self, entry: Entry, *, running: bool = False) -> bool:
        """Take a claimed entry out, since its reporter has it; what is older is deleted."""
        return self._change(entry, lambda ledger: ledger.delivered(entry, running=running))

    def release(
        self, entry: Entry, *, error: str, pause: float, counts: bool = True, running: bool = False
    ) -> State | None:
        """Give a claimed entry back that failed, to be sent again in `pause` seconds; or it is dead."""
        return self._change(
            entry, lambda ledger: ledger.release(entry, error, pause, counts=counts, running=running)
        )

    def bury(self, entry: Entry, *, error: str, running: bool = False) -> bool:
        """Put a claimed entry with the dead: it will never work, or a person has to look at it."""
        return self._change(entry, lambda ledger: ledger.bury(entry, error, running=running))

    def requeue(self, ids: Iterable[int] | None = None) -> int:
        """Send dead entries again from the start: these, or all; give how many are owed again."""
        wanted = None if ids is None else set(ids)
        with self._errors():
            found = [name for name in self._listing.names("dead") if wanted is None or name.id in wanted]
            paths = sorted({name.state for name in found})
            return sum(
                self._machines.change_at(path, lambda ledger: ledger.requeue(wanted), within=BUDGET) or 0
                for path in paths
            )

    def prune(self, *, dead_for: float | None = None) -> Mapping[State, int]:
        """Delete what has been dead for so many seconds, and records that no state refers to."""
        dropped = Counter[State]()
        with self._errors():
            for name in list(self._listing.names(*names.ALL)):
                self._claims.sweep(name)
            if dead_for is None:
                return dropped
            died_by = self._clock.now() - dead_for
            for name in list(self._listing.names("dead")):
                gone = self._machines.change_at(name.state, _prune(name.id, died_by), within=BUDGET)
                dropped[State.DEAD] += sum((gone or {}).values())
        return +dropped

    def entries(self, *states: State, labels: Collection[str] | None = None) -> Iterator[Entry]:
        """Give the entries in these states, or all, in the order in which they came."""
        pages = self._reading.pages(states or tuple(State), labels)
        while True:
            with self._errors():
                page = next(pages, None)
            if page is None:
                return
            yield from page

    def totals(self) -> Mapping[Group, Total]:
        """Sum up the entries of each reporter in each state."""
        with self._errors():
            return self._reading.totals()

    def probe(self) -> None:
        """Write an object, and see whether the store keeps the conditions of a write.

        Raises:
            OutboxError: it cannot be written, or does not keep them.
        """
        with self._errors():
            expect_conditions(self._store(BUDGET), self.url)

    def shrink(self) -> None:
        """Do nothing: what is deleted takes no room."""

    def close(self) -> None:
        """Drop the clients; what uses it next opens it again."""
        self._clients.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.url, self.options, self.bounds)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Translate what a store raises."""
        try:
            yield
        except (DeliveryError, DefinitionError) as error:
            if isinstance(error, TransientReporterError):
                self._failed = time.monotonic()
            raise OutboxError(str(error)) from error

    def _budget(self, within: float) -> float:
        """Give how long a call may take: little while the store is known to be down, be there many calls."""
        is_down = self._failed is not None and time.monotonic() < self._failed + _DOWN_FOR
        return min(within, _DOWN_BUDGET if is_down else BUDGET)

    def _change(self, entry: Entry, work: Work[T]) -> T:
        with self._errors():
            return self._machines.change(entry.label, entry.key, work, within=BUDGET, is_known=True)

    def _used(self) -> int:
        now = time.monotonic()
        if self._sum is None or self._sum[0] < now:
            self._sum = now + _USED_FOR, self._listing.size()
        return self._sum[1]

    def _grow(self, size: int) -> None:
        if self._sum is not None:
            self._sum = self._sum[0], self._sum[1] + size

    def _check(self) -> None:
        """See once whether the store keeps conditions; the store remembers it for other processes."""
        if self._is_checked:
            return
        store = self._store(BUDGET)
        if store.get(names.CHECKED) is None:
            self.probe()
            store.put(names.CHECKED, b"{}")
        self._is_checked = True

    def _store(self, within: float) -> ObjectStore:
        return self._clients.within(within)


def _prune(id_: int, died_by: float) -> Work[dict[int, bool]]:
    return lambda ledger: ledger.prune([id_], died_by)
