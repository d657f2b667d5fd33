"""The chart of the tags."""

import math
from collections.abc import Mapping

from newsdesk_pages.charts.drawing import WIDTH, Chart, axis, bar, clipped, label, rounded
from newsdesk_pages.metrics import worst_first
from newsdesk_pages.text import number

MOST_TAGS = 40
"""Tags in a chart, the worst ones; a table has all."""


def tags(metric: str, means: Mapping[str, float]) -> Chart | None:
    """Draw the mean of one metric for each tag, the worst first."""
    worst = [(tag, mean) for tag, mean in worst_first(metric, means)[:MOST_TAGS] if math.isfinite(mean)]
    if not worst:
        return None
    scale, ticks = rounded([0.0, *(mean for _, mean in worst)], 132, WIDTH - 46)
    marks = axis(scale, ticks, 0, 16 * len(worst) + 4)
    for index, (tag, mean) in enumerate(worst):
        y = 4 + 16 * index
        marks.append(label(126, y + 9, clipped(tag, 22), "end"))
        marks.append(
            bar("s1" if mean < 0 else "s0", (scale(0), scale(mean)), y, 11, text=f"{tag}: {number(mean)}")
        )
        marks.append(label(max(scale(0), scale(mean)) + 4, y + 9, number(mean), "tick"))
    which = f"the {MOST_TAGS} worst of {len(means):,} tags" if len(means) > MOST_TAGS else "each tag"
    (first, least), (last, most) = worst[0], worst[-1]
    told = f"{first} has {number(least)}, {last} has {number(most)}."
    return Chart(f"{metric} of {which}, the worst first", told, 16 * len(worst) + 24, marks)
