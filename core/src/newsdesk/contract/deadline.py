"""How much of its deadline a reporter has left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

_LEAST = 0.1
"""Seconds that are always given: a timeout of 0 is an error, or none, to most clients."""

_until: ContextVar[Callable[[], float]] = ContextVar("newsdesk deadline", default=lambda: inf)


def remaining_seconds(at_most: float) -> float:
    """Return how long a request may take: what is left of the deadline, in seconds, as a timeout.

    For what a desk calls (`report`, `report_many`, `ping`, `holds`, `open`, …), in the thread that it uses. A
    desk leaves a reporter behind that takes longer, with its connections; one that gives up in time is called
    again. At least 0.1, so that it is a valid timeout; outside of a desk, `at_most`.

    Args:
        at_most: The timeout that the client would have without a deadline, in seconds.

    Example:
        >>> from newsdesk import remaining_seconds
        >>> remaining_seconds(at_most=30)
        30
    """
    return max(_LEAST, min(at_most, _until.get()() - time.monotonic()))


@contextmanager
def until(moment: Callable[[], float]) -> Iterator[None]:
    """Set the deadline for what is called within.

    Args:
        moment: Gives `time.monotonic()` at the deadline; it is asked each time, since that may be set late.
    """
    token = _until.set(moment)
    try:
        yield
    finally:
        _until.reset(token)
