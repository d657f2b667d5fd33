"""The chart of how cost grows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

Points = Sequence[tuple[int, float]]

MUCH = 20
"""How many times the least value the greatest is on a logarithmic axis: within a decade it has no ticks."""


def write(file: Path, charts: Sequence[tuple[str, str, str, Mapping[str, Points]]]) -> None:
    """Write charts below each other as SVG, each of a title, the names of its axes, and its lines.

    The axis across is logarithmic, and so is the one up where values differ much. The ground is white, so
    that it reads on a dark page as well. Side by side they would be too small to read on a phone.
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
