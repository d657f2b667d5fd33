"""How much an outbox owes, to which reporters, and since when."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self, TypeAlias

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

    def __add__(self, other: Self) -> Self:
        oldest = min(self.oldest, other.oldest)
        return type(self)(self.entries + other.entries, self.size + other.size, oldest)


def summed(parts: Iterable[tuple[Group, Total]]) -> Mapping[Group, Total]:
    """Sum up the parts of each group; an entry is one of them."""
    found: dict[Group, Total] = {}
    for group, part in parts:
        found[group] = found[group] + part if group in found else part
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
    return "1 second" if round(seconds) == 1 else f"{seconds:.0f} seconds"
