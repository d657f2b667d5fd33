"""The charts of the training history."""

import math
from collections.abc import Iterable, Mapping, Sequence

from newsdesk import record

from newsdesk_pages.charts.drawing import WIDTH, Chart, Mark, clipped, label, linear, rounded
from newsdesk_pages.text import number

MOST_CHARTS = 12
"""Charts of a history; the record has the rest."""

_MOST_POINTS = 240
_LEFT, _TOP, _BOTTOM = 44, 22, 138
Point = tuple[int, float]


def curves(history: Mapping[str, record.Series]) -> list[Chart]:
    """Draw what the training logged for each epoch, validation beside training."""
    groups: dict[str, dict[str, list[Point]]] = {}
    for name, series in history.items():
        numbers = enumerate(series.values, 1)
        line = [(epoch, value) for epoch, value in numbers if value is not None and math.isfinite(value)]
        if line:
            groups.setdefault(name.removeprefix("val_"), {})[name] = line
    return [_chart(name, lines) for name, lines in [*groups.items()][:MOST_CHARTS]]


def _chart(name: str, lines: Mapping[str, list[Point]]) -> Chart:
    last = max(line[-1][0] for line in lines.values())
    x = linear(1, max(last, 2), _LEFT, WIDTH - 8)
    y, ticks = rounded([value for line in lines.values() for _, value in line], _BOTTOM, _TOP)
    marks = [Mark("line", "grid", (_LEFT, y(tick), WIDTH - 8, y(tick))) for tick in ticks]
    marks += [label(_LEFT - 4, y(tick) + 4, number(tick), "tick end") for tick in ticks]
    marks += [label(x(epoch), _BOTTOM + 18, str(epoch), "tick middle") for epoch in sorted({1, last})]
    marks.append(label((_LEFT + WIDTH - 8) / 2, _BOTTOM + 18, "epoch", "tick middle"))
    told: list[str] = []
    for index, (key, line) in enumerate(lines.items()):
        told.append(f"{key} goes from {number(line[0][1])} to {number(line[-1][1])}")
        marks.append(label(_LEFT + 110 * index, 12, clipped(key, 16), f"key k{index}"))
        if len(line) == 1:
            marks.append(Mark("dot", f"s{index}", (x(line[0][0]), y(line[0][1])), told[-1]))
        else:
            path = "L".join(f"{x(epoch):.1f} {y(value):.1f}" for epoch, value in _thinned(line))
            marks.append(Mark("path", f"c{index}", text=told[-1], path=f"M{path}"))
    return Chart(f"{name} over {last:,} epochs", f"{'; '.join(told)}.", _BOTTOM + 24, marks)


def _thinned(line: Sequence[Point]) -> Iterable[Point]:
    """Return few points with every peak: the least and the greatest value of each piece of the line."""
    if len(line) <= _MOST_POINTS:
        return line
    size = math.ceil(len(line) / (_MOST_POINTS // 2))
    pieces = (line[index : index + size] for index in range(0, len(line), size))
    ends = ({min(piece, key=_value), max(piece, key=_value)} for piece in pieces)
    return (point for pair in ends for point in sorted(pair))


def _value(point: Point) -> float:
    return point[1]
