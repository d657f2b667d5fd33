"""Reads what an outbox in an object store holds, without changing it."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from newsdesk.objectstore.atonce import AT_ONCE, at_once
from newsdesk.objectstore.store import Listed
from newsdesk.outbox.backlog import Group, Total, summed
from newsdesk.outbox.entry import Entry, State
from newsdesk.outbox.objects import names
from newsdesk.outbox.objects.listing import Listing
from newsdesk.outbox.objects.machines import Machines
from newsdesk.outbox.storage.external_sort import in_order

EXACT = 1_000
"""Records of which `totals` reads the states; of more, it counts names, and what is being sent as owed."""


class Reading:
    """Reads entries by the names of their records.

    Args:
        machines: The states.
        listing: The records.
        within: Seconds for a state.
    """

    def __init__(self, machines: Machines, listing: Listing, within: float) -> None:
        self._machines = machines
        self._listing = listing
        self._within = within

    def pages(self, states: Collection[State], labels: Collection[str] | None) -> Iterator[Sequence[Entry]]:
        """Yield the entries in some states in the order in which they came, some at a time."""
        listed = self._listing.names(*{names.FOLDERS[state] for state in states}, labels=labels)
        # A path has all that its name tells, and they may be many.
        paths = in_order((0, name.id, name.path) for name in listed)
        while some := [Listed(path, 0, 0) for path in itertools.islice(paths, 4 * AT_ONCE)]:
            read = at_once(self._entry, [*filter(None, map(names.parsed, some))])
            yield [entry for entry in read if entry is not None and entry.state in states]

    def totals(self) -> Mapping[Group, Total]:
        """Sum up the entries of each reporter in each state."""
        found = self._listing.names(*names.ALL)
        first = list(itertools.islice(found, EXACT + 1))
        if len(first) > EXACT:
            return summed(self._of_names(itertools.chain(first, found)))
        entries = [entry for entry in at_once(self._entry, first) if entry is not None]
        return summed(((each.label, each.state), Total(1, each.size, each.created)) for each in entries)

    def _entry(self, name: names.Name) -> Entry | None:
        """Read the entry of a record; None when it is not one's any more."""
        found = self._machines.read(name.state, self._within)
        seen = [] if found is None else found[1].seen()
        return next((entry for entry in seen if entry.record == name.path), None)

    def _of_names(self, found: Iterable[names.Name]) -> Iterator[tuple[Group, Total]]:
        """Give what names alone tell of entries; a label whose folder has another name is in the states."""
        labels: dict[str, str] = {}
        for name in found:
            if name.label not in labels:
                entry = None if names.folder_of(name.label) == name.label else self._entry(name)
                labels[name.label] = name.label if entry is None else entry.label
            yield (labels[name.label], State(name.folder)), Total(1, name.size, names.came(name.id))
