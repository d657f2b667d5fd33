"""Pure: rows in batches of one statement each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from newsdesk.batching import Limits, split

from newsdesk_postgres.row.machine_row import Key, Row

MAX_BYTES = 2_000_000
"""Approximate bytes of one statement: larger ones are not faster, measured with rows of 10 and 100 KB."""
MAX_ROWS = 500
"""Rows of one statement, if they are small."""


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Split rows into batches, in order; a row larger than a batch is sent alone.

    A batch has each key once: one statement cannot write a row twice, and each revision of a machine gets
    its own answer.
    """
    waiting = iter(rows)
    while some := list(islice(waiting, MAX_ROWS)):
        for batch in split(some, Limits(size=MAX_BYTES), size=lambda row: min(row.size, MAX_BYTES)):
            yield from _cut_at_repeats(batch)


def _cut_at_repeats(rows: Sequence[Row]) -> Iterator[list[Row]]:
    batch: dict[Key, Row] = {}
    for row in rows:
        if row.key in batch:
            yield list(batch.values())
            batch = {}
        batch[row.key] = row
    yield list(batch.values())


def columns(rows: Sequence[Row]) -> Mapping[str, list[str | None]]:
    """Return the values of a batch by column, sorted by key.

    Unsorted, two batches that lock the same rows in different orders would deadlock.
    """
    ordered = sorted(rows, key=lambda row: row.key)
    return {name: [row.values[name] for row in ordered] for name in rows[0].values}
