"""A line of text for people."""

from typing import NamedTuple


class Line(NamedTuple):
    """A line, with the colour that it has on a terminal."""

    text: str
    colour: str | None = None


def aligned(rows: list[list[str]], *, texts: int) -> list[str]:
    """Write rows with aligned columns: the first ones to the left, the others to the right."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if index < texts else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in rows
    ]
