"""The chart of how cost grows."""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

Points = Sequence[tuple[int, float]]
Chart = tuple[str, str, str, Mapping[str, Points]]
"""A title, the labels of the axes, and the lines."""

MUCH = 20
"""Ratio of the largest to the smallest value for a logarithmic axis: below a decade it has no ticks."""
INK = "#010203"
"""Placeholder for the colour of the text around the chart."""
LOOKS = (("#3b8fd4", "o"), ("#d9772b", "s"), ("#3a9d5d", "^"))
"""Colour and marker of a line; the colours have a contrast of at least 3 to a white and to a dark page."""
STYLE = """<style>
.chart * { stroke-linejoin: round; stroke-linecap: butt }
svg.chart:root { color: #222 }
@media (prefers-color-scheme: dark) { svg.chart:root { color: #ddd } }
</style>"""
"""`:root` applies where the file is an image, not where the site has it inline, with its own themes."""


def write(file: Path, label: str, charts: Sequence[Chart], date: str) -> None:
    """Write charts as SVG, one below the other: each a title, the labels of its axes, and its lines.

    The x axis is logarithmic, and so is the y axis if values differ by more than `MUCH`. The background is
    transparent, and the text has the colour of the page's text. Side by side they would be too small for a
    phone.
    """
    names = dict.fromkeys(name for *_, lines in charts for name in lines)
    looks = dict(zip(names, LOOKS, strict=False))
    ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color")
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": date, **dict.fromkeys(ink, INK)}):
        figure = Figure(figsize=(5.6, 3.6 * len(charts)), layout="constrained")
        for axes, chart in zip(figure.subplots(len(charts), 1), charts, strict=True):
            _draw(axes, chart, looks)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    file.write_text(_themed(text.getvalue(), label))


def _draw(axes, chart: Chart, looks: Mapping[str, tuple[str, str]]) -> None:
    title, across, up, lines = chart
    for name, points in lines.items():
        colour, marker = looks[name]
        axes.plot(*zip(*points, strict=True), color=colour, marker=marker, label=name)
    axes.set(title=title, xlabel=across, ylabel=up, xscale="log")
    values = [value for points in lines.values() for _, value in points]
    if max(values) > MUCH * min(values):
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,g}")
    ticks = sorted({x for points in lines.values() for x, _ in points})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def _themed(svg: str, label: str) -> str:
    """Give the chart the colours of its page, and its name to those who do not see it."""
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<style type=\"text/css\">.*?</style>", STYLE, svg, count=1, flags=re.DOTALL)
    return svg.replace("<svg ", f'<svg class="chart" role="img" aria-label="{label}" ', 1)
