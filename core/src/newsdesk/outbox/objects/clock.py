"""The clock of the store: no process trusts its own, since those of a cluster differ."""

import secrets
import time
from collections.abc import Callable

from newsdesk.objectstore.store import ObjectStore


class Clock:
    """What time it is at the store, at least: a lease is seen to end late, never early.

    Args:
        store: Gives the store. When the time is first asked for, an object is written there, to see its time.
    """

    def __init__(self, store: Callable[[], ObjectStore]) -> None:
        self._store = store
        self._ahead: float | None = None
        """What the store's clock shows more than ours of this process that nobody sets."""

    def now(self) -> float:
        """Give the time, as seconds since 1970."""
        if self._ahead is None:
            store, path = self._store(), f"clock/{secrets.token_hex(8)}"
            store.put(path, b"")
            written = time.monotonic()  # the store gave the time before this
            found = store.get(path)
            store.delete(path)
            if found is not None:
                self._ahead = found.modified - written
        return time.monotonic() + (self._ahead or 0.0)

    def saw(self, modified: float) -> None:
        """Learn from an object that was written then: the time is not earlier."""
        if self._ahead is not None:
            self._ahead = max(self._ahead, modified - time.monotonic())
