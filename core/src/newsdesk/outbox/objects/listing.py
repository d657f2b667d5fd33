"""The records of an outbox as a listing shows them: by their names alone."""

import heapq
from collections.abc import Callable, Iterable, Iterator

from newsdesk.objectstore.store import ObjectStore
from newsdesk.outbox.objects import names


class Listing:
    """Lists records; a page is in memory at a time.

    Args:
        store: Gives the store.
    """

    def __init__(self, store: Callable[[], ObjectStore]) -> None:
        self._store = store

    def names(self, *folders: str, labels: Iterable[str] | None = None) -> Iterator[names.Name]:
        """Give the names of records; of some labels, by when they are due."""
        store = self._store()
        for folder in folders:
            if labels is None:
                listed = [store.list(folder)]
            else:
                listed = [store.list(f"{folder}/{names.folder_of(label)}") for label in labels]
            several = [filter(None, map(names.parsed, each)) for each in listed]
            yield from heapq.merge(*several, key=lambda name: (name.due, name.id))

    def size(self) -> int:
        """Give the bytes of all records."""
        store = self._store()
        return sum(found.size for folder in names.ALL for found in store.list(folder))
