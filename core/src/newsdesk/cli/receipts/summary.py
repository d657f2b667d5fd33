"""The end of every command that delivers: its receipts are shown as they come, and summed up."""

import contextlib
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from operator import attrgetter

import click

from newsdesk.cli import data
from newsdesk.cli.logs import logs, plain
from newsdesk.cli.receipts.causes import Causes, named
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.exceptions import ReporterException

ROWS = 60
"""Rows of the table; more would push what matters off the screen."""
MANY = 20
"""Deliveries of which the alterations are listed one by one; of more, they are grouped as causes are."""

_COLOURS = {
    "delivered": "green",
    "unchanged": "cyan",
    "spooled": "yellow",
    "skipped": "yellow",
    "failed": "red",
}

_log = logging.getLogger(__name__)


def show(receipts: Iterable[Receipt], *, machines: int, as_json: bool) -> int:
    """Show receipts as they come, then what they add up to, and give the command's exit code.

    Args:
        receipts: The receipts. If they are a generator, it is closed in any case: what was taken and not
            acknowledged when the command is stopped is then kept before anything else is done.
        machines: How many machines they are about.
        as_json: Whether to print each as JSON instead of a summary.

    Returns:
        0 all delivered, 1 a required reporter failed, 3 only best-effort ones.
    """
    summary = _Summary(as_json=as_json)
    try:
        with contextlib.closing(closable(receipts)) as stream:
            for receipt in _progressing(stream, machines):
                summary.add(receipt)
    finally:  # what was delivered before the command was stopped, or failed, is shown too
        summary.print()
    return summary.exit_code


def closable(receipts: Iterable[Receipt]) -> Generator[Receipt, None, None]:
    """Yield receipts; when it is closed, so is the generator or the stream that they come from."""
    yield from receipts


def _progressing(receipts: Iterable[Receipt], machines: int) -> Iterator[Receipt]:
    """Give receipts as they come, with a progress bar on a terminal and a line for each elsewhere."""
    if logs().quiet or logs().is_json:  # the log has a line for each
        yield from receipts
        return
    if sys.stderr.isatty():
        from newsdesk.cli.receipts.terminal import with_bar  # noqa: PLC0415  (rich, for a terminal alone)

        yield from with_bar(receipts, machines, attrgetter("machine"))
        return
    for receipt in receipts:
        click.echo(_line(receipt), err=True)
        yield receipt


def _line(receipt: Receipt) -> str:
    """Give a receipt as a line; why it failed is shown once, at the end."""
    line = f"{receipt.machine} at {receipt.reporter}: {receipt.status}"
    return plain(f"{line}: {receipt.reference}" if receipt.reference else line)


def _reason(error: Exception) -> str:
    """Give an error with its type, where that says anything."""
    return str(error) if type(error) is ReporterException else f"{type(error).__name__}: {error}"


class _Summary:
    """What became of all deliveries of a command. Its size does not grow with their number."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._began = time.monotonic()
        self._counts: Counter[tuple[str, Status]] = Counter()
        self._causes = Causes()
        self._altered = Causes(once=True)
        self._failed: list[Receipt] = []
        self._others: list[Receipt] = []
        self._has_required_failure = False

    @property
    def exit_code(self) -> int:
        if self._has_required_failure:
            return 1
        return 3 if any(status is Status.FAILED for _, status in self._counts) else 0

    def add(self, receipt: Receipt) -> None:
        if self._as_json:
            data.echo(json.dumps(receipt.to_dict(), ensure_ascii=True))
        if receipt.error is not None and not isinstance(receipt.error, ReporterException):  # a reporter's bug
            where = f"{receipt.machine} at {receipt.reporter}"
            _log.debug("%s failed with an unexpected error", where, exc_info=receipt.error)
        self._counts[receipt.reporter, receipt.status] += 1
        if receipt.error is not None and not (logs().quiet and receipt.status is Status.SKIPPED):
            label = named(receipt.reporter, required=receipt.required)
            self._causes.add(label, str(receipt.status), receipt.machine, _reason(receipt.error))
        for alteration in receipt.alterations:
            self._altered.add(receipt.reporter, "altered", receipt.machine, plain(str(alteration)))
        self._has_required_failure |= receipt.fails_report
        kept = self._others if receipt.settled else self._failed
        if len(kept) < ROWS:
            kept.append(receipt)

    def print(self) -> None:
        """Print failures first when not all fit; why they failed, once, and on standard error alone."""
        if self._as_json:
            return
        if logs().quiet:
            self._print_causes()
            return
        rows = [*self._failed, *self._others][:ROWS]
        if not rows:
            click.echo("No deliveries.")
            return
        total = sum(self._counts.values())
        self._print_rows(rows, left_out=total - len(rows))
        if total > MANY:
            for _, text in self._altered.texts("alterations"):
                click.secho(text, fg="yellow")
        for receipt in rows if total <= MANY else ():
            for alteration in receipt.alterations:
                click.secho(plain(f"{receipt.machine} at {receipt.reporter}: {alteration}"), fg="yellow")
        self._print_causes()
        for (reporter, status), count in sorted(self._counts.items()):
            click.secho(plain(f"{reporter}: {count} {status}"), fg=_COLOURS.get(str(status)))
        deliveries = "1 delivery" if total == 1 else f"{total} deliveries"
        click.echo(f"{deliveries} in {time.monotonic() - self._began:.1f} s")
        if not self._causes.names_all:
            spooled = any(status is Status.SPOOLED for _, status in self._counts)
            owed = "; 'newsdesk outbox list' names what is spooled" if spooled else ""
            click.echo(f"Each cause is shown with a few names: --json prints every receipt{owed}.")

    def _print_causes(self) -> None:
        if not logs().is_json:  # the receipts in the log have them
            for status, text in self._causes.texts():
                click.secho(text, err=True, fg=_COLOURS.get(status))

    def _print_rows(self, rows: list[Receipt], left_out: int) -> None:
        if sys.stdout.isatty():
            from newsdesk.cli.receipts.terminal import print_table  # noqa: PLC0415  (rich, for a terminal alone)

            print_table(rows)
        elif sys.stderr.isatty() and not logs().is_json:  # else standard error has a line for each
            for receipt in rows:
                click.echo(_line(receipt))
        else:
            return
        if left_out:
            click.echo(f"… and {left_out} more receipts; --json gives all of them.")
