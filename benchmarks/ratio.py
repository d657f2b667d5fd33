"""A figure: two ways of doing the same work, measured alternately, and the median ratio of the pairs."""

import dataclasses
import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self, TypeVar

Way = Callable[[], object]
_T = TypeVar("_T")
_Result = TypeVar("_Result")


@dataclasses.dataclass(frozen=True)
class Figure:
    """A measurement and its goal."""

    name: str
    ours: float
    """Median, in `unit`."""
    raw: float | None
    """Median of the reference, in `unit`."""
    goal: float | None
    """Upper bound of the ratio, or of `ours` without a `raw`; None without a goal."""
    unit: str = "ms"
    rounds: int = 1
    ratio: float | None = None
    """Median of the ratios of the pairs; without pairs, `value` is the ratio of the other two."""
    measure: str = ""
    """What of a whole process was measured; see `processes.runner.Usage`."""

    @property
    def value(self) -> float:
        if not self.raw:
            return self.ours
        return self.ours / self.raw if self.ratio is None else self.ratio

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.value <= self.goal

    @classmethod
    def of_pairs(
        cls,
        name: str,
        goal: float | None,
        unit: str,
        pairs: Sequence[tuple[float, float]],
        *,
        measure: str = "",
    ) -> Self:
        ours, raw = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(mine / other for mine, other in pairs)
        return cls(name, ours, raw, goal, unit, len(pairs), ratio, measure)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            **{field.name: data[field.name] for field in dataclasses.fields(cls) if field.name in data}
        )

    def to_dict(self) -> dict[str, object]:
        return {**dataclasses.asdict(self), "is_met": self.is_met}


def compare(
    name: str,
    goal: float | None,
    rounds: int,
    *,
    ours: Iterator[Way],
    raw: Iterator[Way],
    unit: str = "ms",
    warm_up: bool = True,
) -> Figure:
    """Measure the times of two ways alternately.

    The iterators prepare each call outside the measured time.
    """
    scale = {"s": 1.0, "ms": 1e3, "µs": 1e6}[unit]
    measured = pairs(rounds, ours, raw, lambda way: timed(way) * scale, warm_up=warm_up)
    return Figure.of_pairs(name, goal, unit, measured)


def pairs(
    rounds: int,
    ours: Iterator[_T],
    raw: Iterator[_T],
    measure: Callable[[_T], _Result],
    *,
    warm_up: bool = True,
) -> list[tuple[_Result, _Result]]:
    """Measure two ways in turns, so that other load on the machine affects both.

    Each is the first of every other pair. The very first pair is a warm-up, and not returned.
    """
    measured = []
    for number in range(0 if warm_up else 1, rounds + 1):
        if number % 2:
            mine, other = measure(next(ours)), measure(next(raw))
        else:
            other, mine = measure(next(raw)), measure(next(ours))
        if number:
            measured.append((mine, other))
    return measured


def timed(way: Way) -> float:
    gc.collect()
    begin = time.perf_counter()
    way()
    return time.perf_counter() - begin
