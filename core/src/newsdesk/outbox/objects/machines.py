"""Changes the state of a machine: read, apply the rules, write unless another process was faster."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from newsdesk.exceptions import DeliveryError, TransientReporterError
from newsdesk.machine import MachineKey
from newsdesk.objectstore.store import ConflictError, Found, ObjectStore, Version
from newsdesk.outbox.bounds import Bounds
from newsdesk.outbox.ledger import Ledger
from newsdesk.outbox.objects import names
from newsdesk.outbox.objects.clock import Clock
from newsdesk.outbox.objects.instant import UNKNOWN
from newsdesk.outbox.objects.state import MachineState, StaleError
from newsdesk.outbox.objects.tables import Entries, Tickets
from newsdesk.outbox.processes import Processes
from newsdesk.outbox.storage.faults import OutboxError

_PAUSE = 0.2
"""Seconds before a store that failed is asked again, within the time there is."""
GRACE = 3600.0
"""Seconds, by the store's clock, after which a record that no state refers to is deleted: who wrote it has
failed long ago."""

T = TypeVar("T")
Work = Callable[[Ledger[Entries]], T]


@dataclass
class Change:
    """One change of a state, however often it is tried."""

    path: str
    fresh: MachineState | None
    """What to begin with where there is no object; None to leave it so."""
    until: float
    """`time.monotonic()` after which it is not tried again."""
    ids: dict[str, int] = field(default_factory=dict)
    """Ids of new entries by revision."""
    written: dict[int, str] = field(default_factory=dict)
    """Where new records were written, by their ids."""
    attempt: bytes | None = None
    """The state that was written last, without an answer."""
    result: Any = None
    """What the rules gave for it."""


class Machines:
    """The states of machines in a store.

    Args:
        store: Gives the store with a timeout in seconds.
        clock: The store's clock.
        bounds: How much is kept.
        used: Gives the bytes of all records.
        grow: Takes by how many bytes they grow with a change.
    """

    def __init__(
        self,
        store: Callable[[float], ObjectStore],
        clock: Clock,
        bounds: Bounds,
        used: Callable[[], int],
        grow: Callable[[int], None],
    ) -> None:
        self.processes: Processes = Neighbours()
        self.conflicts = 0
        """How often another process was faster."""
        self._store = store
        self._clock = clock
        self._bounds = bounds
        self._used = used
        self._grow = grow
        self._last_id = 0
        self._known: dict[str, tuple[bytes, Version]] = {}
        """States as this process has written them last, so that the next write needs no read."""

    def change(
        self, label: str, key: MachineKey, work: Work[T], *, within: float, is_known: bool = False
    ) -> T:
        """Run rules on a machine, and write what they change before this returns.

        Args:
            label: The reporter's label.
            key: The machine.
            work: The rules; they may be run again.
            within: Seconds that this may take.
            is_known: Whether to begin with what this process has written last, which is most often still so.
        """
        path = names.state_of(label, key)
        change = Change(path, MachineState(label, key), time.monotonic() + within)
        known = self._known.pop(path, None) if is_known else None
        first = None if known is None else Found(known[0], known[1], UNKNOWN)
        result = self._run(change, work, first)
        assert result is not None  # noqa: S101  (there is a fresh state)
        return result[0]

    def change_at(self, path: str, work: Work[T], *, within: float, found: Found | None = None) -> T | None:
        """Run rules on the state at a path; None when there is none."""
        result = self._run(Change(path, None, time.monotonic() + within), work, found)
        return None if result is None else result[0]

    def read(self, path: str, within: float) -> tuple[MachineState, Entries, Found] | None:
        """Read the state at a path; None when there is none."""
        store = self._store(within)
        found = store.get(path)
        if found is None:
            return None
        self._clock.saw(found.modified)
        state = MachineState.parse(found.content, found.modified, path)
        return state, Entries(state, self._clock.now, self._used, lambda _: names.new_id(), store.get), found

    def _run(self, change: Change, work: Work[T], found: Found | None) -> tuple[T] | None:
        while True:
            if found is None:
                found = self._get(change)
            if found is None and change.fresh is None:
                return None
            if found is not None and found.content == change.attempt:  # only the answer was lost
                return (change.result,)
            try:
                return (self._try(change, work, found),)
            except StaleError:
                pass
            except ConflictError:
                self.conflicts += 1
                time.sleep(random.uniform(0, 0.05))  # noqa: S311  (a backoff)
            except TransientReporterError:
                if time.monotonic() + _PAUSE > change.until:
                    raise
                time.sleep(random.uniform(_PAUSE / 2, _PAUSE))  # noqa: S311  (a backoff)
            found = None

    def _get(self, change: Change) -> Found | None:
        while True:
            try:
                return self._within(change).get(change.path)
            except TransientReporterError:
                if time.monotonic() + _PAUSE > change.until:
                    raise
                time.sleep(random.uniform(_PAUSE / 2, _PAUSE))  # noqa: S311  (a backoff)

    def _try(self, change: Change, work: Work[T], found: Found | None) -> T:
        if found is None:
            assert change.fresh is not None  # noqa: S101  (see `_run`)
            state = MachineState(change.fresh.label, change.fresh.key)
        else:
            self._clock.saw(found.modified)
            state = MachineState.parse(found.content, found.modified, change.path)
        size = sum(row.size for row in state.rows)
        entries = Entries(
            state,
            self._clock.now,
            lambda: self._used() - size + sum(row.size for row in state.rows),
            partial(self._id_for, change),
            lambda path: self._within(change).get(path),
        )
        before, held = state.to_dict(), {row.record for row in state.rows}
        result = work(Ledger(entries, Tickets(state, self._clock.now, self.processes), self._bounds))
        begun = time.monotonic()
        copied = self._place(change, state, entries)
        kept = {row.record for row in state.rows}
        if found is not None and state.to_dict() == before:
            self._delete(change, {*change.written.values()} - kept)
            return result
        store = self._within(change)
        try:
            content = state.dump()
            change.attempt, change.result = content, result
            if found is None:
                version = store.create(change.path, content)
            else:
                version = store.replace(change.path, content, found.version)
        except (ConflictError, StaleError):
            self._delete(change, copied)
            raise
        self._known[change.path] = content, version
        self._grow(sum(row.size for row in state.rows) - size)
        if time.monotonic() - begun > GRACE / 2:  # somebody may have taken the records for abandoned
            for id_, path in change.written.items():
                store.put(path, entries.records[id_])
        self._delete(change, (held | {*change.written.values()}) - kept)
        return result

    def _place(self, change: Change, state: MachineState, entries: Entries) -> set[str]:
        """Write new records, and copy those that are due at another time; return the copies."""
        copied = set()
        for row in state.rows:
            if row.id in entries.records:
                if row.id not in change.written:
                    path = names.record_of(row.state, state.label, state.key, row.id, 0)
                    self._within(change).put(path, entries.records[row.id])
                    change.written[row.id] = path
                row.record = change.written[row.id]
            elif row.id in entries.pauses:
                pause = entries.pauses[row.id]
                path = names.record_of(row.state, state.label, state.key, row.id, pause)
                found = self._within(change).get(row.record)
                if path != row.record and found is not None:
                    self._within(change).put(path, found.content)
                    copied.add(path)
                    row.record = path
        return copied

    def _delete(self, change: Change, paths: set[str]) -> None:
        """Delete records that no state refers to any more; where that fails, they are deleted later."""
        for path in paths:
            try:
                self._within(change).delete(path)
            except (DeliveryError, OutboxError):
                return

    def _id_for(self, change: Change, revision: str) -> int:
        if revision not in change.ids:
            change.ids[revision] = self._last_id = names.new_id(self._last_id)
        return change.ids[revision]

    def _within(self, change: Change) -> ObjectStore:
        left = change.until - time.monotonic()
        if left <= 0:
            raise TransientReporterError(
                "the object store is too slow, or many processes write one machine at once"
            )
        return self._store(left)


class Neighbours(Processes):
    """The processes of a cluster: only those of the same container are seen to be gone."""

    def is_gone(self, process: str) -> bool:
        """Whether a process has certainly ended."""
        return self.own().split("/")[:2] == process.split("/")[:2] and super().is_gone(process)
