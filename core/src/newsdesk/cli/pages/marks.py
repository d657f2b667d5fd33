"""Pure: what is drawn with characters: curves of one line, and spans of time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self


@dataclass(frozen=True)
class Marks:
    """The characters to draw with."""

    levels: str = "▁▂▃▄▅▆▇█"
    """From the lowest value to the highest."""
    nan: str = "×"  # noqa: RUF001  (the sign)
    """For NaN."""
    missing: str = " "
    """For what is not a number."""
    train: str = "━"
    """For a span of training."""
    test: str = "█"
    """For a span of test."""
    dash: str = "–"  # noqa: RUF001  (the dash of a span)
    """Between the ends of a span."""
    arrow: str = "→"
    """From one value to the next."""
    spread: str = "±"
    """Before a standard deviation."""
    is_ascii: bool = False
    """Whether the stream can write no more than ASCII."""

    @classmethod
    def of(cls, encoding: str) -> Self:
        """Return those that a stream of an encoding can write."""
        marks = cls()
        try:
            "".join(
                [marks.levels, marks.nan, marks.train, marks.dash, marks.arrow, marks.spread, "…"]
            ).encode(encoding)
        except UnicodeEncodeError:
            return cls("_.-~=+*#", "x", " ", "-", "#", "-", "->", "+-", is_ascii=True)
        return marks

    def curve(self, values: Sequence[float | None], width: int) -> str:
        """Return a curve of one line.

        Args:
            values: Its values; None where there is no number.
            width: Characters, at most; of more values, several have one, their mean.
        """
        cells = sampled(values, max(1, width))
        finite = [value for value in cells if value is not None and math.isfinite(value)]
        low, high = min(finite, default=0.0), max(finite, default=0.0)
        return "".join(self._mark(value, low, high) for value in cells)

    def span(self, start: float, test: float, end: float, *, width: int) -> str:
        """Return a span of time as a part of a line.

        Args:
            start: Where it begins, as a part of the line from 0 to 1.
            test: Where its training ends, and its test begins.
            end: Where it ends.
            width: Characters of the line.
        """
        first, middle, last = (round(part * width) for part in (start, test, end))
        first = min(first, width - 2)
        middle = max(middle, first + 1)
        last = max(last, middle + 1)
        return (" " * first + self.train * (middle - first) + self.test * (last - middle))[:width]

    def _mark(self, value: float | None, low: float, high: float) -> str:
        if value is None:
            return self.missing
        if math.isnan(value):
            return self.nan
        top = len(self.levels) - 1
        if math.isinf(value):
            return self.levels[top if value > 0 else 0]
        if low == high:
            return self.levels[top // 2]
        # Each is divided before: their difference may be more than a float holds.
        return self.levels[round((value / 2 - low / 2) / (high / 2 - low / 2) * top)]


def sampled(values: Sequence[float | None], width: int) -> list[float | None]:
    """Return at most so many values: of more, the means of equal parts, NaN where one of them is."""
    if len(values) <= width:
        return [*values]
    edges = [index * len(values) // width for index in range(width + 1)]
    return [_mean(values[begin:end]) for begin, end in pairwise(edges)]


def _mean(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return sum(number / len(numbers) for number in numbers) if numbers else None
