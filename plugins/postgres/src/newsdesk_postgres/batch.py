"""Pure: rows in batches that go to the server in one statement each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from newsdesk.batching import Limits, split

from newsdesk_postgres.row import KEY, Row

MAX_BYTES = 2_000_000
"""Bytes of one statement, about: larger ones gain nothing more, measured with rows of 10 and 100 KB."""
MAX_ROWS = 500
"""Rows of one statement, where they are small."""


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Split rows into batches, in their order; a row that is larger than a batch is one by itself."""
    waiting = iter(rows)
    while some := list(islice(waiting, MAX_ROWS)):
        yield from split(some, Limits(size=MAX_BYTES), size=lambda row: min(row.size, MAX_BYTES))


def columns(rows: Sequence[Row]) -> Mapping[str, list[str | None]]:
    """Give the values of a batch by column: sorted by key, and of a key that occurs twice the last.

    Sorted, because two batches that lock the same rows in different orders wait for each other for ever;
    once, because one statement cannot write a row twice.
    """
    last = {tuple(row.values[part] or "" for part in KEY): row for row in rows}
    ordered = [last[key] for key in sorted(last)]
    return {name: [row.values[name] for row in ordered] for name in rows[0].values}
