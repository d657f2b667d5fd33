"""Pure: the order of entries, and how many of them."""

import heapq
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from newsdesk.contract.stored import StoredMachine
from newsdesk.record.directions import better, metric_name

NAME, BUILT, STORED = "name", "built", "stored"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Order:
    """An order of entries. Those without a value come last; before them NaN, unless the worst are first."""

    key: str
    """`name`, `built`, `stored`, or the name of a score."""
    descending: bool = False
    """Whether the largest or newest comes first."""
    worst_first: bool = False
    """Whether NaN comes first."""

    @classmethod
    def of(cls, key: str, *, descending: bool, worst_first: bool) -> Self:
        """Return the order by a key.

        Raises:
            ValueError: The worst of it is not known.
        """
        if not worst_first:
            return cls(key, descending)
        if key in (NAME, BUILT, STORED):
            raise ValueError(f"--worst-first orders by a score, and {key!r} is not one; use --descending")
        direction = better(key)
        if direction is None:
            raise ValueError(
                f"which values of {key!r} are better is not known; sort by it without --worst-first, or with "
                "--descending"
            )
        return cls(key, direction == "lower", worst_first=True)

    @property
    def score(self) -> str | None:
        """The score that it is by; None if it is by something else."""
        return None if self.key in (NAME, BUILT, STORED) else self.key

    def needs_record(self, entry: StoredMachine) -> bool:
        """Tell whether the place of an entry is known only by its record."""
        if self.key == BUILT:
            return entry.created is None and entry.scores is None
        return self.score is not None and entry.scores is None

    def sorted(self, entries: Iterable[StoredMachine], limit: int | None) -> list[StoredMachine]:
        """Return entries in this order; with a limit, no more are held."""
        by = self._by_name if self.key == NAME else self._by_value
        is_reversed = self.descending and self.key == NAME
        if limit is None:
            return sorted(entries, key=by, reverse=is_reversed)
        return (heapq.nlargest if is_reversed else heapq.nsmallest)(limit, entries, key=by)

    def _by_name(self, entry: StoredMachine) -> Any:
        return entry.key

    def _by_value(self, entry: StoredMachine) -> Any:
        value = self._value(entry)
        if value is None:
            return 2, 0.0, entry.key
        if math.isnan(value):
            return -1 if self.worst_first else 1, 0.0, entry.key
        return 0, -value if self.descending else value, entry.key

    def _value(self, entry: StoredMachine) -> float | None:
        if self.score is not None:
            return score_of(entry, self.score)
        time = entry.created if self.key == BUILT else entry.time
        return None if time is None else (time - _EPOCH).total_seconds()


def score_of(entry: StoredMachine, name: str) -> float | None:
    """Return a score by its name in the record, or in Python; None if the entry has none of that name."""
    scores = entry.scores or {}
    return scores.get(as_recorded(name, scores))


def as_recorded(name: str, names: Collection[str]) -> str:
    """Return the name of a score as records have it: `r2-score` for `r2_score`, if there is no such score."""
    return metric_name(name) if name not in names and metric_name(name) in names else name
