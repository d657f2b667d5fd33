"""Several desks of one reporter, for a command that reads with several threads."""

import contextlib
import copy
import queue
from collections.abc import Iterator

from newsdesk.cli.transfer.ahead import ahead
from newsdesk.delivery.desk import Desk


class DeskPool:
    """Copies of a desk, since a reporter serves one thread at a time: as many as are needed at once.

    Args:
        desk: A desk of one reporter; closed with the others.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._desks = [desk]
        self._free: queue.SimpleQueue[Desk] = queue.SimpleQueue()
        self._free.put(desk)

    @contextlib.contextmanager
    def one(self) -> Iterator[Desk]:
        """Give a desk that no other thread uses meanwhile."""
        try:
            desk = self._free.get_nowait()
        except queue.Empty:
            desk = copy.copy(self._desk)
            self._desks.append(desk)
        try:
            yield desk
        finally:
            self._free.put(desk)

    def close(self) -> None:
        """Close all desks, at the same time: one may hang."""
        for _ in ahead(Desk.close, self._desks, workers=len(self._desks), most=len(self._desks)):
            pass
