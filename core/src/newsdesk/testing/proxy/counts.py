"""Counts what goes through a proxy."""

import threading
from dataclasses import dataclass, field, replace
from typing import Literal

Direction = Literal["up", "down"]
"""`up` from the client to the server, `down` back."""


@dataclass
class Counts:
    """What went through a proxy."""

    connections: int = 0
    """Connections that were opened, those that were reset too."""
    labels: list[str] = field(default_factory=list)
    """The label of every request, answered or not."""
    up: int = 0
    """Bytes passed on to the server."""
    down: int = 0
    """Bytes passed on to clients."""

    @property
    def requests(self) -> int:
        """The number of requests."""
        return len(self.labels)


class Counter:
    """Counts for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()

    def connection(self) -> None:
        """Count a connection."""
        with self._lock:
            self._counts.connections += 1

    def request(self, label: str) -> None:
        """Count a request."""
        with self._lock:
            self._counts.labels.append(label)

    def bytes(self, direction: Direction, count: int) -> None:
        """Count bytes."""
        with self._lock:
            setattr(self._counts, direction, getattr(self._counts, direction) + count)

    def counts(self) -> Counts:
        """Give what was counted so far."""
        with self._lock:
            return replace(self._counts, labels=[*self._counts.labels])

    def reset(self) -> Counts:
        """Give what was counted, and start again at zero."""
        with self._lock:
            counts, self._counts = self._counts, Counts()
        return counts
