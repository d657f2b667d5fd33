"""A figure: two ways of doing the same work, measured alternately, and the ratio of their medians."""

import dataclasses
import gc
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

Way = Callable[[], object]


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

    @property
    def value(self) -> float:
        return self.ours if self.raw is None else self.ours / self.raw

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.value <= self.goal

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**{field.name: data[field.name] for field in dataclasses.fields(cls)})

    def to_dict(self) -> dict[str, object]:
        return {**dataclasses.asdict(self), "value": self.value, "is_met": self.is_met}


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
    """Measure two ways alternately, so that other load on the machine affects both.

    The iterators prepare each call outside the measured time. The first round is a warm-up.
    """
    scale = {"s": 1.0, "ms": 1e3, "µs": 1e6}[unit]
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(0 if warm_up else 1, rounds + 1):
        order = (0, 1) if number % 2 else (1, 0)
        for which in order:
            seconds = timed(next((ours, raw)[which]))
            if number:
                times[which].append(seconds * scale)
    return Figure(name, statistics.median(times[0]), statistics.median(times[1]), goal, unit, rounds)


def timed(way: Way) -> float:
    gc.collect()
    begin = time.perf_counter()
    way()
    return time.perf_counter() - begin
