"""How much an outbox owes, to which reporters, and since when."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from newsdesk.outbox.base import BaseOutbox
from newsdesk.outbox.entry import State


@dataclass(frozen=True)
class Backlog:
    """What an outbox held at one time."""

    counts: Mapping[tuple[str, State], int]
    """Entries by reporter and state."""
    oldest: Mapping[str, float]
    """When the oldest came that is owed to a reporter, as seconds since 1970."""

    @classmethod
    def of(cls, outbox: BaseOutbox) -> Self:
        """Look at an outbox.

        Raises:
            OutboxError: it cannot be read.
        """
        return cls(outbox.counts(), outbox.oldest())


def seconds_since(created: float) -> float:
    """Give an age; never less than nothing, though clocks are set."""
    return max(0.0, time.time() - created)


def age(created: float) -> str:
    """Give an age as people say it."""
    seconds = seconds_since(created)
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
