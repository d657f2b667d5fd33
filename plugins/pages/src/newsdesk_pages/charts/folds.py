"""The chart of the folds."""

import math
from collections.abc import Iterable

from newsdesk import record

from newsdesk_pages.charts.drawing import WIDTH, Chart, Mark, axis, clipped, label, rounded
from newsdesk_pages.text import number

_LEAST_FOR_NUMBERS = 9
"""Pixels of a line below which the numbers of the folds would overlap."""


def folds(scores: Iterable[record.Score]) -> Chart | None:
    """Draw each fold of some scores on a line of its own, and their mean across these lines."""
    marks: list[Mark] = []
    told: list[str] = []
    y = 0.0
    for score in scores:
        values = {fold: value for fold, value in score.folds.items() if math.isfinite(value)}
        if not values:
            continue
        told.append(f"{score.name}: {', '.join(map(number, values.values()))}")
        marks.append(label(0, y + 12, clipped(score.name, 50), "label"))
        height = max(4.0, min(14.0, 140 / len(values)))
        drawn, y = _lines(score, values, y + 22, height)
        marks += drawn
    if not told:
        return None
    return Chart(
        "Scores of each fold", f"Dots are folds, the line is their mean. {'; '.join(told)}.", y, marks
    )


def _lines(
    score: record.Score, values: dict[int, float], top: float, height: float
) -> tuple[list[Mark], float]:
    """Return the lines of a score, and where the next one begins."""
    bottom = top + height * len(values)
    mean = score.mean if score.mean is not None and math.isfinite(score.mean) else None
    scale, ticks = rounded([*values.values(), *([] if mean is None else [mean])], 26, WIDTH - 12)
    marks = axis(scale, ticks, top, bottom)
    if mean is not None:
        marks.append(Mark("line", "mean", (scale(mean), top, scale(mean), bottom), f"mean {number(mean)}"))
    for index, (fold, value) in enumerate(values.items()):
        y = top + height * (index + 0.5)
        if height >= _LEAST_FOR_NUMBERS:
            marks.append(label(14, y + 4, str(fold), "tick end"))
        marks.append(Mark("dot", "s0", (scale(value), y), f"fold {fold}: {number(value)}"))
    return marks, bottom + 24
