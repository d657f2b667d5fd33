"""What `newsdesk list` does."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import click

from newsdesk.cli import data
from newsdesk.cli.listing import formats, text
from newsdesk.cli.listing.columns import Column, columns, in_reading_order, score_names
from newsdesk.cli.listing.entries import Entries
from newsdesk.cli.listing.order import Order, as_recorded
from newsdesk.cli.listing.seen import Seen, some
from newsdesk.cli.logs import say
from newsdesk.cli.sources.sources import Sources
from newsdesk.cli.sources.unanswered import answered
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.stored import StoredMachine

HEAD = 100
"""Entries that are read before the first is printed: they give the scores, and how wide columns are."""
ROWS = 500
"""Rows of a table, and entries in memory; a longer list has several tables."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be listed, and how: the options of the command."""

    project: str | None
    metrics: tuple[str, ...]
    scores: bool
    sort: str | None
    descending: bool
    worst_first: bool
    limit: int | None
    all_revisions: bool
    as_csv: bool
    as_json: bool

    @property
    def order(self) -> Order | None:
        """The order; None for the backend's own.

        Raises:
            click.UsageError: The options contradict each other, or the worst is not known.
        """
        if self.descending and self.worst_first:
            raise click.UsageError("give --descending or --worst-first, not both")
        if self.sort is None:
            if self.descending or self.worst_first:
                raise click.UsageError("give a KEY to sort by with --sort")
            return None
        try:
            return Order.of(self.sort, descending=self.descending, worst_first=self.worst_first)
        except ValueError as error:
            raise click.UsageError(str(error)) from error


def run(choice: ConfigChoice, reads_from: str | None, wanted: Wanted) -> int:
    """Run the command, and return its exit code."""
    order = wanted.order
    if wanted.as_csv and wanted.as_json:
        raise click.UsageError("give --csv or --json, not both")
    if wanted.metrics and not wanted.scores:
        raise click.UsageError("give --metric or --no-scores, not both")
    by_score = None if order is None else order.score
    seen = Seen([*([] if by_score is None else [by_score]), *wanted.metrics])
    with Sources(choice, reads_from) as sources:
        entries = Entries(
            sources.backend(),
            seen,
            wanted.project,
            all_revisions=wanted.all_revisions,
            counted=_counting(wanted),
        )
        with answered():
            found = entries.listed(order, wanted.limit, scores=wanted.scores)
            omitted = _print(found, seen, wanted, order)
    for fault in [*entries.faults, *seen.faults()]:
        say(f"Error: {fault}", logging.ERROR)
    if entries.unread > len(entries.faults):
        say(f"Error: {entries.unread} records cannot be read; the first are above", logging.ERROR)
    if omitted:
        say(f"Not shown: {some(omitted)}; choose with --metric, or see all with --json", logging.WARNING)
    return 1 if entries.unread or seen.faults() else 0


def _print(entries: Iterator[StoredMachine], seen: Seen, wanted: Wanted, order: Order | None) -> list[str]:
    """Print a list, and return the names of columns and scores that were left out of it."""
    if wanted.as_json:
        for record in formats.json_lines(
            entries, None if wanted.scores and not wanted.metrics else wanted.metrics
        ):
            data.echo(record)
        return []
    is_table = data.is_on_terminal() and not wanted.as_csv
    head = list(islice(entries, ROWS if is_table else HEAD))
    names = score_names(head)
    asked = [as_recorded(name, names) for name in seen.asked]
    names = list(dict.fromkeys([*asked, *(names if wanted.scores and not wanted.metrics else [])]))
    omitted: list[str] = []
    if wanted.as_csv:
        for row in formats.csv_rows(chain(head, entries), names):
            data.echo(row)
    elif is_table:
        omitted = _print_tables(head, entries, columns(names, order))
    else:
        shown = in_reading_order(columns(names, order))
        for line in text.lines(head, entries, shown, sys.stdout.encoding or "utf-8"):
            click.echo(line)
    return [*omitted, *([] if wanted.metrics or not wanted.scores else seen.others(names))]


def _print_tables(
    head: list[StoredMachine], rest: Iterator[StoredMachine], shown: Sequence[Column[StoredMachine]]
) -> list[str]:
    from newsdesk.cli.listing.terminal import Tables  # noqa: PLC0415  (rich, for a terminal alone)

    tables, omitted, rows = Tables(), dict[str, None](), head
    while rows:
        omitted |= dict.fromkeys(column.heading for column in tables.print(rows, shown))
        rows = list(islice(rest, ROWS))
    return [*omitted]


def _counting(wanted: Wanted) -> Callable[[Iterable[StoredMachine]], Iterable[StoredMachine]] | None:
    """Return what shows how many were read, where what is read is not printed on the terminal at once."""
    if not sys.stderr.isatty() or (data.is_on_terminal() and wanted.sort is None):
        return None
    from newsdesk.cli.listing.terminal import counting  # noqa: PLC0415  (rich, for a terminal alone)

    return counting
