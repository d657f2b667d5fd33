"""`python -m benchmarks`: measure all; print a table; write JSON, the chart and the table of the docs."""

import datetime as dt
import json
import os
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks import chart, core, growth, mlflow_http, postgres, settings, startup
from benchmarks.growth import Points
from benchmarks.ratio import Figure

DOCS = Path(__file__).parents[1] / "docs"
PARTS = {"core": core, "startup": startup, "postgres": postgres, "mlflow": mlflow_http}
BESIDE = {"settings": settings}
"""Parts that are measured only when they are asked for."""


def main(names: Iterable[str]) -> None:
    """Measure; with names of parts, only those, and the docs stay as they are."""
    chosen = [*names]
    figures = []
    for name in chosen or PARTS:
        for figure in (PARTS | BESIDE)[name].figures():
            print(row(figure), flush=True)
            figures.append(figure)
    if not chosen:
        _write(figures, growth.growth())


def row(figure: Figure) -> str:
    """Give a line of the table."""
    raw = "" if figure.raw is None else f"{figure.raw:.3g} {figure.unit}"
    value = f"{figure.ours:.3g}" if figure.raw is None else f"{figure.value:.2f}x"
    verdict = "met" if figure.is_met else "missed"
    return (
        f"| {figure.name} | {figure.ours:.3g} {figure.unit} | {raw} | {value} | {figure.goal:g} | {verdict} |"
    )


def _write(figures: list[Figure], grown: dict[str, dict[str, Points]]) -> None:
    where = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    date = dt.datetime.now(tz=dt.UTC).date().isoformat()
    told = {
        "date": date, "machine": where, "figures": [figure.to_dict() for figure in figures], "growth": grown,
    }  # fmt: skip
    (DOCS / "performance.json").write_text(json.dumps(told, indent=1) + "\n")
    charts = [
        (f"Time, {where}, {date}", "machines", "seconds", grown["machines"]),
        ("Rate by processes", "processes", "machines in a second", grown["processes"]),
    ]
    chart.write(DOCS / "performance.svg", charts)
    head = ["| what | newsdesk | raw | ratio | goal | |", "| --- | --- | --- | --- | --- | --- |"]
    lines = [f"Measured on {date}: {where}.", "", *head, *map(row, figures), "", *_growth_table(grown)]
    file = DOCS / "performance.md"
    marks = re.compile("(<!-- figures -->\n).*(<!-- end -->)", re.DOTALL)
    file.write_text(marks.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], file.read_text()))


def _growth_table(grown: dict[str, dict[str, Points]]) -> list[str]:
    lines = ["| how cost grows | |", "| --- | --- |"]
    for by, unit in (("machines", "{:.3g} s"), ("processes", "{:.3g}/s")):
        for name, points in grown[by].items():
            shown = ", ".join(f"{count:,}: {unit.format(value)}" for count, value in points)
            lines.append(f"| {name}, by {by} | {shown} |")
    return lines


if __name__ == "__main__":
    main(sys.argv[1:])
