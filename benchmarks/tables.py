"""Figures as rows of Markdown tables."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from benchmarks.chart import Points
from benchmarks.ratio import Figure

_HEAD = ("what", "newsdesk", "{reference}", "ratio")
_HEAD_WITH_GOALS = (*_HEAD, "goal", "")
_HEAD_OF_PROCESSES = ("whole process", "time, CPU, peak memory", "{reference}", "ratio of time", "of memory")


def tables(figures: Iterable[Figure], reference: str) -> list[str]:
    """Return the tables of a part: of whole processes, and of all else.

    Args:
        figures: The part's.
        reference: What they are compared with.
    """
    known = [*figures]
    processes = [figure for figure in known if figure.measure]
    others = [figure for figure in known if not figure.measure]
    head = _HEAD_WITH_GOALS if any(figure.goal is not None for figure in others) else _HEAD
    return [*_table(_HEAD_OF_PROCESSES, reference, processes), *_table(head, reference, others)]


def rows(figures: Iterable[Figure]) -> Iterator[str]:
    """Yield the rows of a part; the figures of one process are one row."""
    return (_line(cells) for cells in _rows(figures))


def _table(head: Sequence[str], reference: str, figures: Sequence[Figure]) -> list[str]:
    if not figures:
        return []
    titles = [title.format(reference=reference) for title in head]
    return [
        _line(titles),
        _line(["---"] * len(head)),
        *(_line(cells[: len(head)]) for cells in _rows(figures)),
        "",
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rows(figures: Iterable[Figure]) -> Iterator[list[str]]:
    for name, group in itertools.groupby(figures, attrgetter("name")):
        measured = {figure.measure: figure for figure in group}
        yield _cells(measured[""]) if "" in measured else _cells_of_process(name, measured)


def growth_table(grown: Mapping[str, Mapping[str, Points]]) -> list[str]:
    """Return the table of scaling."""
    lines = ["| how cost grows | |", "| --- | --- |"]
    for by, unit in (("machines", " s"), ("processes", "/s")):
        for name, points in grown.get(by, {}).items():
            shown = ", ".join(f"{count:,}: {_number(value)}{unit}" for count, value in points)
            lines.append(f"| {name}, by {by} | {shown} |")
    return [*lines, ""]


def _cells(figure: Figure) -> list[str]:
    raw = "" if figure.raw is None else _quantity(figure.raw, figure.unit)
    ratio = f"{figure.value:.2f}x" if figure.raw else ""
    goal = (
        "" if figure.goal is None else f"{figure.goal:g}x" if ratio else _quantity(figure.goal, figure.unit)
    )
    return [figure.name, _quantity(figure.ours, figure.unit), raw, ratio, goal, _verdict(figure)]


def _cells_of_process(name: str, measured: Mapping[str, Figure]) -> list[str]:
    figures = [measured[measure] for measure in ("wall", "cpu", "peak")]
    ours = ", ".join(_quantity(figure.ours, figure.unit) for figure in figures)
    raw = ", ".join(_quantity(figure.raw or 0.0, figure.unit) for figure in figures)
    return [name, ours, raw, _ratio(measured["wall"]), _ratio(measured["peak"])]


def _ratio(figure: Figure) -> str:
    goal = "" if figure.goal is None else f"; goal {figure.goal:g}x: {_verdict(figure)}"
    return f"{figure.value:.2f}x{goal}"


def _verdict(figure: Figure) -> str:
    return "" if figure.goal is None else "met" if figure.is_met else "missed"


def _quantity(value: float, unit: str) -> str:
    if unit == "s" and value < 1:
        value, unit = value * 1000, "ms"
    return f"{_number(value)}\N{NO-BREAK SPACE}{unit}" if unit else _number(value)


def _number(value: float) -> str:
    """Give three digits, or all those before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
