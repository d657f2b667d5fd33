"""The receipts of a stream of machines, as an iterator that loses nothing however it ends."""

import weakref
from collections.abc import Generator, Iterator
from typing import Self

from newsdesk.contract.receipt import Receipt


class Stream(Iterator[Receipt]):
    """Receipts as they come.

    Ended early, by `close()`, by losing the last reference, or by the end of the process, what was taken and
    not acknowledged goes to the outbox.

    Args:
        receipts: Gives the receipts, and sees to what was taken when it is closed.
    """

    def __init__(self, receipts: Generator[Receipt, None, None]) -> None:
        self._receipts = receipts
        # A generator that is still referenced when the process ends is never closed by Python.
        self._close = weakref.finalize(self, receipts.close)

    def __next__(self) -> Receipt:
        return next(self._receipts)

    def close(self) -> None:
        """End it."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
