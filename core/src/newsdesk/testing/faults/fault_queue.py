"""The queue of faults, and which of them is in effect."""

import threading
from collections import deque
from dataclasses import dataclass

from newsdesk.testing.faults.fault import Answer, BlackHole, Cut, Fault, Refuse, Reset


@dataclass
class _Entry:
    fault: Fault
    left: int | None
    requests: int = 0


class FaultQueue:
    """Faults in their order, each for as many times as asked; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[_Entry] = deque()

    def add(self, fault: Fault, times: int | None) -> None:
        """Add a fault at the end; None is for ever."""
        with self._lock:
            self._entries.append(_Entry(fault, times))

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._entries.clear()

    def next_is(self, kind: type[Fault]) -> bool:
        """Whether the fault in effect is of a kind; nothing is used up."""
        with self._lock:
            return bool(self._entries) and isinstance(self._entries[0].fault, kind)

    def at_connection(self) -> Fault | None:
        """Give the fault of a connection that is opened now."""
        with self._lock:
            entry = self._entries[0] if self._entries else None
            if entry is None or not isinstance(entry.fault, Refuse | Reset | BlackHole):
                return None
            return self._use(entry)

    def at_request(self, data: bytes = b"") -> Fault | None:
        """Give the fault of a request that comes now."""
        with self._lock:
            entry = self._entries[0] if self._entries else None
            if entry is None or (isinstance(entry.fault, Answer) and entry.fault.within not in data):
                return None
            entry.requests += 1
            if isinstance(entry.fault, Cut | Answer) and entry.requests < entry.fault.request:
                return None
            return self._use(entry)

    def _use(self, entry: _Entry) -> Fault:
        entry.requests = 0
        if entry.left is not None:
            entry.left -= 1
            if not entry.left:
                self._entries.popleft()
        return entry.fault
