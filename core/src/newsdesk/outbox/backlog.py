"""How much an outbox owes, to which reporters, and since when."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from newsdesk.outbox.entry import State

Group: TypeAlias = tuple[str, State]
"""The label of a reporter, and a state."""


@dataclass(frozen=True, slots=True)
class Total:
    """The entries of one reporter in one state."""

    entries: int
    """How many they are."""
    size: int
    """Bytes of their records."""
    oldest: float
    """When the oldest came, as seconds since 1970."""


def totals_of(entries: Iterable[tuple[Group, int, float]]) -> Mapping[Group, Total]:
    """Sum up entries.

    Args:
        entries: Each with its reporter and state, the bytes of its record, and when it came.
    """
    found: dict[Group, Total] = {}
    for group, size, created in entries:
        total = found.get(group, Total(0, 0, created))
        found[group] = Total(total.entries + 1, total.size + size, min(total.oldest, created))
    return dict(sorted(found.items()))


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
