"""Which entry a sender gets next: what has waited longest, and where senders meet, any that is free."""

import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from newsdesk.objectstore.store import ObjectStore
from newsdesk.outbox.entry import Entry
from newsdesk.outbox.objects import names
from newsdesk.outbox.objects.clock import Clock
from newsdesk.outbox.objects.listing import Listing
from newsdesk.outbox.objects.machines import GRACE, Machines
from newsdesk.outbox.objects.state import MachineState
from newsdesk.outbox.objects.tables import Entries

PATIENCE = 10.0
"""Seconds for what no sender waits for."""
_LOOKS = 20
"""States that are read at most in search of what is due, while machines are being delivered."""
_SHUFFLED = 1_000
"""Records among which a sender picks by chance, once it has met another one: those of a page."""
_MISSES = 5
"""Records in a row that others took first, after which a listing is too old to go on with."""


@dataclass
class Search:
    """What a claim asks for."""

    labels: Sequence[str]
    lease: float
    due_by: float
    run: str | None
    within: float

    @property
    def is_brief(self) -> bool:
        """Whether only what is due is asked for, beside deliveries that must not wait."""
        return self.due_by != float("inf")


@dataclass
class Walk:
    """One listing, as far as a sender has come."""

    candidates: Iterator[names.Name]
    claimed: int = 0
    """Entries that it has given."""
    misses: int = 0
    """Records in a row that gave none."""
    left: bool = False
    """Whether what a dead sender had left was put at the end of the order, where this listing lacks it."""

    @property
    def is_old(self) -> bool:
        """Whether a new listing would show more that is free."""
        return self.claimed > 0 and self.misses >= _MISSES


@dataclass
class Claims:
    """Finds and claims entries.

    Args:
        machines: The states.
        listing: The records.
        clock: The store's clock.
        store: Gives the store.
    """

    machines: Machines
    listing: Listing
    clock: Clock
    store: Callable[[], ObjectStore]
    _walks: dict[str, Walk] = field(default_factory=dict)
    _is_crowded: bool = False
    """Whether another sender was met."""

    def claim(self, search: Search, limit: int) -> list[Entry]:
        """Claim entries; a run goes through one listing after the other until one has nothing for it."""
        claimed: list[Entry] = []
        walk = self._walks.pop(search.run or "", None) or self._walk(search)
        while len(claimed) < limit:
            name = None if walk.is_old else next(walk.candidates, None)
            if name is not None:
                entry = self._claim(walk, name, search)
                claimed += [] if entry is None else [entry]
            elif walk.claimed or walk.left:
                walk = self._walk(search)
            else:
                return claimed
        if search.run is not None:
            self._walks = {search.run: walk}
        return claimed

    def sweep(self, name: names.Name) -> None:
        """Delete a record that no state refers to, when it is so old that none will."""
        found = self.machines.read(name.state, PATIENCE)
        if found is not None and any(row.record == name.path for row in found[0].rows):
            return
        # Our own clock only says whether it is worth asking for the store's.
        if name.modified + GRACE < time.time() and name.modified + GRACE < self.clock.now():
            self.store().delete(name.path)

    def _claim(self, walk: Walk, name: names.Name, search: Search) -> Entry | None:
        found = self.machines.read(name.state, search.within)
        walk.misses += 1
        if found is None or all(row.record != name.path for row in found[0].rows):
            if name.modified + GRACE < time.time():
                self.sweep(name)
            return None
        state, entries, version = found
        if state.label not in search.labels or not self._is_free(walk, name, state, entries, search.within):
            return None
        due_by = search.due_by - time.time() + self.clock.now() if search.is_brief else search.due_by
        claimed = self.machines.change_at(
            name.state,
            lambda ledger: ledger.claim(
                [state.label], lease=search.lease, limit=1, due_by=due_by, run=search.run
            ),
            within=search.within,
            found=version,
        )
        if not claimed:
            return None
        walk.misses, walk.claimed = 0, walk.claimed + 1
        return claimed[0]

    def _is_free(
        self, walk: Walk, name: names.Name, state: MachineState, entries: Entries, within: float
    ) -> bool:
        """Whether nothing of a machine is claimed; what a sender has left is put at the end of the order."""
        held = [row for row in state.rows if row.claim is not None]
        if not held:
            return True
        gone = {each.id for each in state.tickets if self.machines.processes.is_gone(each.process)}
        if all(entries.is_held(row) and row.claim not in gone for row in held):
            self._is_crowded = True
            return False
        self.machines.change_at(
            name.state,
            lambda ledger: ledger.claim([], lease=0, limit=0, due_by=0, run=None),
            within=within,
        )
        walk.left = True
        return False

    def _walk(self, search: Search) -> Walk:
        found = self.listing.names("owed", labels=search.labels)
        if search.is_brief:
            due = (name for name in found if name.due <= search.due_by + 1)
            return Walk(itertools.islice(due, _LOOKS))
        # What is on standby waits for a send that was in flight, and may have ended without a word.
        standby = self.listing.names("standby", labels=search.labels)
        return Walk(self._spread(itertools.chain(found, standby)))

    def _spread(self, found: Iterator[names.Name]) -> Iterator[names.Name]:
        before = self.machines.conflicts
        for name in found:
            if self._is_crowded or self.machines.conflicts > before:
                some = [name, *itertools.islice(found, _SHUFFLED)]
                random.shuffle(some)
                yield from some
            else:
                yield name
