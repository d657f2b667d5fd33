"""Results of slow calls in order, with a few calls made ahead of the one that is waited for."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf
from typing import TypeVar

from newsdesk.future import Future
from newsdesk.worker import Worker

T = TypeVar("T")
R = TypeVar("R")


def ahead(call: Callable[[T], R], items: Iterable[T], *, workers: int, most: int) -> Iterator[R]:
    """Yield what a call returns for each item, in order.

    Args:
        call: What is called in another thread. It raises nothing that is not to end it all.
        items: What it is called with; taken one by one.
        workers: Threads.
        most: Results that are made or being made, at most.
    """
    worker, begun = Worker("newsdesk reads ahead", workers), deque[Future[R]]()
    try:
        for item in items:
            begun.append(worker.submit(partial(call, item)))
            if len(begun) >= most:
                yield begun.popleft().result(inf)
        while begun:
            yield begun.popleft().result(inf)
    finally:
        for future in begun:
            future.cancel()
        worker.stop()
