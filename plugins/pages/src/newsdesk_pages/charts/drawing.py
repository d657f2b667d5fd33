"""What charts are made of: marks, scales with round ticks, and axes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsdesk_pages.text import number

WIDTH = 360
"""Of every chart, in CSS pixels: a phone shows them at their own size."""

_FEWEST_STEPS = 2
_LEAST, _MOST = 1e-300, 1e300  # a range that a float can be divided into
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Mark:
    """One element of a chart."""

    kind: str
    """`line`, `rect`, `dot`, `path` or `text`."""
    style: str
    """The classes that the style sheet knows."""
    at: Sequence[float] = ()
    """Coordinates: x and y, and for lines the other end, for rectangles the size."""
    text: str = ""
    """What a text shows, and what the others tell when pointed at."""
    path: str = ""
    """The commands of a path."""


@dataclass(frozen=True)
class Chart:
    """A chart, with its texts for those who cannot see it."""

    title: str
    """Its one line."""
    description: str
    """What it shows, in a sentence."""
    height: float
    """In CSS pixels."""
    marks: Sequence[Mark]
    """In the order of drawing."""


def label(x: float, y: float, text: str, style: str = "") -> Mark:
    """Return a text; `style` is also its anchor: `end` or `middle`."""
    return Mark("text", style, (x, y), text)


def bar(style: str, ends: tuple[float, float], y: float, height: float, *, text: str) -> Mark:
    """Return a bar from one x to another; a pixel where they are the same."""
    left, right = sorted(ends)
    return Mark("rect", style, (left, y, max(right - left, 1), height), text)


def clipped(text: str, most: int) -> str:
    """Return a text of at most some characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """Return a scale from values to pixels."""
    factor = (end - start) / (high - low)
    return lambda value: start + (value - low) * factor


def rounded(values: Sequence[float], start: float, end: float) -> tuple[Scale, list[float]]:
    """Return a scale over some values, widened to round numbers, and its round ticks."""
    low, high = min(values), max(values)
    if high - low <= abs(high) * 1e-9:  # all the same
        low, high = low - (abs(low) or 1) * 0.1, high + (abs(high) or 1) * 0.1
    if not (high - low > _LEAST and max(-low, high) < _MOST):
        return lambda _: (start + end) / 2, []
    step: float = 10 ** math.floor(math.log10((high - low) / _FEWEST_STEPS))
    step *= next((factor for factor in (5, 2) if (high - low) / (step * factor) >= _FEWEST_STEPS), 1)
    first, last = math.floor(low / step), math.ceil(high / step)
    return linear(first * step, last * step, start, end), [step * index for index in range(first, last + 1)]


def axis(scale: Scale, ticks: Sequence[float], top: float, bottom: float) -> list[Mark]:
    """Draw vertical lines; the first, the last and zero have their values below."""
    marks: list[Mark] = []
    for tick in ticks:
        x = scale(tick)
        marks.append(Mark("line", "grid" if tick else "zero", (x, top, x, bottom)))
        if tick in (ticks[0], 0, ticks[-1]):
            marks.append(label(x, bottom + 13, number(tick), "tick middle"))
    return marks
