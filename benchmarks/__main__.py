"""`python -m benchmarks`: measure all; print a table; write JSON, the chart and the table of the docs."""

import datetime as dt
import json
import os
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks import chart, core, growth, mlflow_http, postgres, startup
from benchmarks.ratio import Figure

DOCS = Path(__file__).parents[1] / "docs"
PARTS = {"core": core, "startup": startup, "postgres": postgres, "mlflow": mlflow_http}


def main(names: Iterable[str]) -> None:
    """Measure; with names of parts, only those, and the docs stay as they are."""
    chosen = [*names]
    figures = []
    for name in chosen or PARTS:
        for figure in PARTS[name].figures():
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


def _write(figures: list[Figure], grown: dict[str, list[tuple[int, float]]]) -> None:
    where = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    date = dt.datetime.now(tz=dt.UTC).date().isoformat()
    told = {
        "date": date, "machine": where, "figures": [figure.to_dict() for figure in figures], "growth": grown,
    }  # fmt: skip
    (DOCS / "performance.json").write_text(json.dumps(told, indent=1) + "\n")
    (DOCS / "performance.svg").write_text(_charts(grown))
    head = ["| what | newsdesk | raw | ratio | goal | |", "| --- | --- | --- | --- | --- | --- |"]
    lines = [f"Measured on {date}: {where}.", "", *head, *map(row, figures), "", *_growth_table(grown)]
    file = DOCS / "performance.md"
    marks = re.compile("(<!-- figures -->\n).*(<!-- end -->)", re.DOTALL)
    file.write_text(marks.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], file.read_text()))


def _charts(grown: dict[str, list[tuple[int, float]]]) -> str:
    by_machines = {name: grown[name] for name in ("null", "PostgreSQL")}
    by_processes = {"PostgreSQL": grown["PostgreSQL by processes"]}
    return chart.page(
        chart.chart("Records of 20 KB", ("machines", "seconds"), by_machines, logarithmic=True),
        chart.chart("1,000 of 20 KB", ("processes", "machines/s"), by_processes, logarithmic=False),
    )


def _growth_table(grown: dict[str, list[tuple[int, float]]]) -> list[str]:
    lines = ["| | how cost grows |", "| --- | --- |"]
    for name, points in grown.items():
        unit = "processes: {:.0f}/s" if "processes" in name else "machines: {:.3g} s"
        shown = ", ".join(f"{count:,} {unit.format(value)}" for count, value in points)
        lines.append(f"| {name} | {shown} |")
    return lines


if __name__ == "__main__":
    main(sys.argv[1:])
