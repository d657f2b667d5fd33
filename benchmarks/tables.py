"""Figures as rows of Markdown tables."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from benchmarks.chart import Points
from benchmarks.ratio import Figure

_HEAD = ("what", "newsdesk", "{reference}", "ratio", "goal", "")
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
    lines = _table(_HEAD_OF_PROCESSES, reference, processes) if processes else []
    return [*lines, *(_table(_HEAD, reference, others) if others else [])]


def _table(head: Sequence[str], reference: str, figures: Iterable[Figure]) -> list[str]:
    titles = "|".join(f" {title} " if title else " " for title in head).format(reference=reference)
    return [f"|{titles}|", "|" + " --- |" * len(head), *rows(figures), ""]


def rows(figures: Iterable[Figure]) -> Iterator[str]:
    """Yield the rows of a part; the figures of one process are one row."""
    for name, group in itertools.groupby(figures, attrgetter("name")):
        measured = {figure.measure: figure for figure in group}
        yield _row(measured[""]) if "" in measured else _row_of_process(name, measured)


def growth_table(grown: Mapping[str, Mapping[str, Points]]) -> list[str]:
    """Return the table of scaling."""
    lines = ["| how cost grows | |", "| --- | --- |"]
    for by, unit in (("machines", " s"), ("processes", "/s")):
        for name, points in grown.get(by, {}).items():
            shown = ", ".join(f"{count:,}: {_number(value)}{unit}" for count, value in points)
            lines.append(f"| {name}, by {by} | {shown} |")
    return [*lines, ""]


def _row(figure: Figure) -> str:
    raw = "" if figure.raw is None else _quantity(figure.raw, figure.unit)
    value = f"{figure.value:.2f}x" if figure.raw else "" if figure.goal is None else _number(figure.ours)
    goal = "" if figure.goal is None else f"{figure.goal:g}"
    ours = _quantity(figure.ours, figure.unit)
    return f"| {figure.name} | {ours} | {raw} | {value} | {goal} | {_verdict(figure)} |"


def _row_of_process(name: str, measured: Mapping[str, Figure]) -> str:
    figures = [measured[measure] for measure in ("wall", "cpu", "peak")]
    ours = ", ".join(_quantity(figure.ours, figure.unit) for figure in figures)
    raw = ", ".join(_quantity(figure.raw or 0.0, figure.unit) for figure in figures)
    return f"| {name} | {ours} | {raw} | {_ratio(measured['wall'])} | {_ratio(measured['peak'])} |"


def _ratio(figure: Figure) -> str:
    goal = "" if figure.goal is None else f"; goal {figure.goal:g}x: {_verdict(figure)}"
    return f"{figure.value:.2f}x{goal}"


def _verdict(figure: Figure) -> str:
    return "" if figure.goal is None else "met" if figure.is_met else "missed"


def _quantity(value: float, unit: str) -> str:
    if unit == "s" and value < 1:
        value, unit = value * 1000, "ms"
    return f"{_number(value)} {unit}"


def _number(value: float) -> str:
    """Give three digits, or all those before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
