"""Updates `docs/performance.md`, its JSON and its chart, part by part."""

import datetime as dt
import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import chart
from benchmarks.chart import Points
from benchmarks.ratio import Figure

DOCS = Path(__file__).parents[1] / "docs"
_MARKS = re.compile("(<!-- figures -->\n).*(<!-- end -->)", re.DOTALL)


class Page:
    """The figures so far; each part is saved once it is measured, so a failing one does not lose others."""

    def __init__(self, folder: Path = DOCS) -> None:
        self._folder = folder
        self._file = folder / "performance.json"
        self._data: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def keep_figures(self, part: str, figures: Sequence[Figure]) -> None:
        """Replace the figures of a part."""
        self._data.setdefault("figures", {})[part] = [figure.to_dict() for figure in figures]
        self._write()

    def keep_growth(self, grown: Mapping[str, Mapping[str, Points]]) -> None:
        """Replace the figures of scaling, by machines and by processes."""
        self._data["growth"] = grown
        self._write()

    def _write(self) -> None:
        self._data["date"] = dt.datetime.now(tz=dt.UTC).date().isoformat()
        self._data["machine"] = (
            f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
        )
        self._file.write_text(json.dumps(self._data, indent=1) + "\n")
        text = (self._folder / "performance.md").read_text()
        lines = "\n".join(self._lines()) + "\n"
        (self._folder / "performance.md").write_text(
            _MARKS.sub(lambda found: found[1] + lines + found[2], text)
        )
        if "growth" in self._data:
            self._draw(self._data["growth"])

    def _lines(self) -> list[str]:
        figures = [Figure.from_dict(each) for part in self._data["figures"].values() for each in part]
        head = ["| what | newsdesk | raw | ratio | goal | |", "| --- | --- | --- | --- | --- | --- |"]
        lines = [f"Measured on {self._data['date']}: {self._data['machine']}.", "", *head, *map(row, figures)]
        return [*lines, "", *_growth_table(self._data.get("growth", {}))]

    def _draw(self, grown: Mapping[str, Mapping[str, Points]]) -> None:
        charts = [
            (f"{self._data['machine']}, {self._data['date']}", "machines", "seconds", grown["machines"]),
            ("Rate by processes", "processes", "machines per second", grown["processes"]),
        ]
        chart.write(self._folder / "performance.svg", charts)


def row(figure: Figure) -> str:
    """Return a row of the table."""
    raw = "" if figure.raw is None else f"{figure.raw:.3g} {figure.unit}"
    value = f"{figure.ours:.3g}" if figure.raw is None else f"{figure.value:.2f}x"
    goal, verdict = (
        ("", "") if figure.goal is None else (f"{figure.goal:g}", "met" if figure.is_met else "missed")
    )
    return f"| {figure.name} | {figure.ours:.3g} {figure.unit} | {raw} | {value} | {goal} | {verdict} |"


def _growth_table(grown: Mapping[str, Mapping[str, Points]]) -> list[str]:
    lines = ["| how cost grows | |", "| --- | --- |"] if grown else []
    for by, unit in (("machines", "{:.3g} s"), ("processes", "{:.3g}/s")):
        for name, points in grown.get(by, {}).items():
            shown = ", ".join(f"{count:,}: {unit.format(value)}" for count, value in points)
            lines.append(f"| {name}, by {by} | {shown} |")
    return lines
