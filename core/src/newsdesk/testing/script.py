"""Which fault comes next."""

import threading
from collections import deque
from dataclasses import dataclass

from newsdesk.testing.faults import BlackHole, Cut, Fault, Refuse, Reset


@dataclass
class _Entry:
    fault: Fault
    left: int | None
    requests: int = 0


class Script:
    """Faults in their order; each lasts until it was used up. Any number of threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[_Entry] = deque()

    def add(self, fault: Fault, times: int | None) -> None:
        """Put a fault at the end; None is for ever."""
        with self._lock:
            self._entries.append(_Entry(fault, times))

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._entries.clear()

    def at_connection(self) -> Fault | None:
        """Give what happens to a connection that comes now."""
        with self._lock:
            entry = self._entries[0] if self._entries else None
            if entry is None or not isinstance(entry.fault, Refuse | Reset | BlackHole):
                return None
            return self._use(entry)

    def at_request(self) -> Fault | None:
        """Give what happens to a request that comes now."""
        with self._lock:
            if not self._entries:
                return None
            entry = self._entries[0]
            entry.requests += 1
            if isinstance(entry.fault, Cut) and entry.requests < entry.fault.request:
                return None
            return self._use(entry)

    def _use(self, entry: _Entry) -> Fault:
        entry.requests = 0
        if entry.left is not None:
            entry.left -= 1
            if not entry.left:
                self._entries.popleft()
        return entry.fault
