"""The form of a list on a terminal: tables that fit its width. Elsewhere rich is not even imported."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from newsdesk.builtin.display import shown
from newsdesk.cli.listing.columns import Column, in_reading_order
from newsdesk.contract.stored import StoredMachine

Entry = TypeVar("Entry")

GAP = 2
"""Cells between two columns."""
NARROWEST = 20
"""Cells that a machine's name has at least, where the terminal has as many; longer ones are folded."""


def counting(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield entries or machines, and show on standard error how many there were."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} machines read"))
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("")
        for entry in entries:
            progress.advance(task)
            yield entry


class Tables:
    """Prints tables of entries on standard output."""

    def __init__(self) -> None:
        self._console = Console()
        self._encoding = sys.stdout.encoding or "utf-8"

    def print(
        self, entries: Sequence[StoredMachine], columns: Sequence[Column[StoredMachine]]
    ) -> list[Column[StoredMachine]]:
        """Print a table, and return the columns that did not fit.

        Args:
            entries: Its rows.
            columns: Those that matter most first.
        """
        cells = {id(c): [Text(shown(c.cell(entry), self._encoding)) for entry in entries] for c in columns}
        fitting, left = [columns[0]], self._console.width
        widths = [max(map(_width, [self._heading(c), *cells[id(c)]])) for c in columns]
        left -= min(widths[0], max(NARROWEST, left // 3))
        for column, width in zip(columns[1:], widths[1:], strict=True):
            if GAP + width <= left:
                fitting.append(column)
                left -= GAP + width
        ordered = in_reading_order(fitting)
        table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
        for column in ordered:
            table.add_column(
                self._heading(column),
                justify="right" if column.is_score else "left",
                overflow="fold",
                vertical="top",
                no_wrap=column is not columns[0],
            )
        for row in zip(*(cells[id(column)] for column in ordered), strict=True):
            table.add_row(*row)
        self._console.print(table)
        return [column for column in columns if column not in fitting]

    def _heading(self, column: Column[StoredMachine]) -> Text:
        """Return a heading; that of a score has a line for each part of its name, which is long."""
        heading = shown(column.heading, self._encoding)
        return Text(heading.replace("-", "-\n") if column.is_score else heading)


def _width(text: Text) -> int:
    return max((cell_len(line) for line in text.plain.split("\n")), default=0)
