"""The form of a list off a terminal: aligned text."""

from collections.abc import Iterable, Iterator, Sequence

from newsdesk.builtin.display import shown
from newsdesk.cli.listing.columns import Column, T

GAP = "  "


def lines(head: Sequence[T], rest: Iterable[T], columns: Sequence[Column[T]], encoding: str) -> Iterator[str]:
    """Yield a line with the headings, and one for each entry.

    Args:
        head: The first entries, by which columns are as wide as they are.
        rest: The others.
        columns: The columns.
        encoding: That of the stream.
    """
    rows = [_cells(entry, columns, encoding) for entry in head]
    headings = [shown(column.heading, encoding) for column in columns]
    widths = [max(map(len, cells)) for cells in zip(headings, *rows, strict=True)]
    for cells in (headings, *rows):
        yield _line(cells, columns, widths)
    for entry in rest:
        yield _line(_cells(entry, columns, encoding), columns, widths)


def _cells(entry: T, columns: Sequence[Column[T]], encoding: str) -> list[str]:
    return [shown(column.cell(entry), encoding) for column in columns]


def _line(cells: Sequence[str], columns: Sequence[Column[T]], widths: Sequence[int]) -> str:
    return GAP.join(
        cell.rjust(width) if column.is_score else cell.ljust(width)
        for cell, column, width in zip(cells, columns, widths, strict=True)
    ).rstrip()
