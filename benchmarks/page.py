"""Updates `docs/performance.md`, its JSON and its chart, part by part."""

import datetime as dt
import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import chart
from benchmarks.chart import Points
from benchmarks.ratio import Figure
from benchmarks.tables import growth_table, tables

DOCS = Path(__file__).parents[1] / "docs"
NAME = "performance"
GROWTH = "growth"
"""The part that has points in place of figures."""
REFERENCES = {"gordo": "gordo"}
"""What a part is compared with, if that is the same for all of its figures."""
_MARKS = re.compile(r"(<!-- figures: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class Page:
    """The figures so far; each part is saved once it is measured, so a failing one does not lose others."""

    def __init__(self, folder: Path = DOCS) -> None:
        self._folder = folder
        self._file = folder / f"{NAME}.json"
        self._data: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def keep_figures(self, part: str, figures: Sequence[Figure]) -> None:
        """Replace the figures of a part."""
        self._keep(part, [figure.to_dict() for figure in figures])

    def keep_growth(self, grown: Mapping[str, Mapping[str, Points]]) -> None:
        """Replace the figures of scaling, by machines and by processes."""
        self._keep(GROWTH, grown)
        measured = self._data[GROWTH]["measured"]
        charts = [
            ("Time by machines", "machines", "seconds", grown["machines"]),
            ("Rate by processes", "processes", "machines per second", grown["processes"]),
        ]
        label = "How cost grows with the number of machines and of processes; the table above has the values"
        chart.write(self._folder / f"{NAME}.svg", label, charts, measured)

    def _keep(self, part: str, value: object) -> None:
        self._data[part] = {"measured": _measured(), "figures": value}
        self._file.write_text(json.dumps(self._data, indent=1) + "\n")
        page = self._folder / f"{NAME}.md"
        page.write_text(_MARKS.sub(self._section, page.read_text()))

    def _section(self, found: re.Match[str]) -> str:
        """Return a section with the tables of the parts that it names."""
        lines: list[str] = []
        for part in (name for name in found[2].split() if name in self._data):
            measured = f"Measured on {self._data[part]['measured']}."
            if measured not in lines:
                lines += [measured, ""]
            saved = self._data[part]["figures"]
            known = (
                growth_table(saved)
                if part == GROWTH
                else tables(map(Figure.from_dict, saved), REFERENCES.get(part, "reference"))
            )
            lines += known
        return found[1] + "\n".join([*lines, ""]) + found[3]


def _measured() -> str:
    date = dt.datetime.now(tz=dt.UTC).date().isoformat()
    versions = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("newsdesk", "mlflow", "psycopg2-binary")
    )
    return (
        f"{date}: Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; {versions}"
    )
