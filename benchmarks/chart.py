"""The chart of how cost grows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

Points = Sequence[tuple[int, float]]

MUCH = 20
"""Ratio of the largest to the smallest value for a logarithmic axis: below a decade it has no ticks."""


def write(file: Path, charts: Sequence[tuple[str, str, str, Mapping[str, Points]]]) -> None:
    """Write charts as SVG, one below the other: each a title, the labels of its axes, and its lines.

    The x axis is logarithmic, and so is the y axis if values differ by more than `MUCH`. The background is
    white, to be readable on a dark page. Side by side they would be too small for a phone.
    """
    figure = Figure(figsize=(5.6, 3.6 * len(charts)), layout="constrained")
    for axes, (title, across, up, lines) in zip(figure.subplots(len(charts), 1), charts, strict=True):
        for name, points in lines.items():
            axes.plot(*zip(*points, strict=True), marker="o", label=name)
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
        axes.legend()
    figure.savefig(file, format="svg", metadata={"Date": None})
