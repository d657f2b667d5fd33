"""Receipts, as they come and as a table at the end."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from newsdesk.cli import data
from newsdesk.contract.receipt import Receipt, Status

ROWS = 60
"""Rows of the table; more would push what matters off the screen."""

_FILE_WIDTH = 200

_STYLES = {
    Status.DELIVERED: "green",
    Status.UNCHANGED: "cyan",
    Status.SPOOLED: "yellow",
    Status.FAILED: "bold red",
}


class Summary:
    """What became of all deliveries of a command; it holds the rows of a table, and no more receipts."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._counts: Counter[tuple[str, Status]] = Counter()
        self._failed: list[Receipt] = []
        self._others: list[Receipt] = []
        self._has_required_failure = False

    def tell(self, receipts: Iterable[Receipt], *, machines: int) -> int:
        """Show receipts as they come, then the table; give the command's exit code.

        Args:
            receipts: The receipts.
            machines: How many machines they are about.

        Returns:
            0 all delivered, 1 a required reporter failed, 3 only best-effort ones.
        """
        try:
            for receipt in self._shown(receipts, machines):
                self._add(receipt)
        finally:  # what was delivered before Ctrl-C, or before the receipts ended in an error, is told too
            self._finish()
        if self._has_required_failure:
            return 1
        return 3 if any(status is Status.FAILED for _, status in self._counts) else 0

    def _shown(self, receipts: Iterable[Receipt], machines: int) -> Iterator[Receipt]:
        """Give receipts as they come, with a progress bar on a terminal and a line for each elsewhere."""
        console = Console(stderr=True)
        if not console.is_terminal:
            for receipt in receipts:
                _tell(receipt, console)
                yield receipt
            return
        columns = (TextColumn("machines"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        # Where standard output goes elsewhere it is data, which the bar's console must not take over.
        with Progress(*columns, console=console, redirect_stdout=sys.stdout.isatty()) as progress:
            task, last = progress.add_task("machines", total=machines), None
            for receipt in receipts:
                progress.advance(task, 0 if receipt.machine == last else 1)
                last = receipt.machine
                yield receipt

    def _add(self, receipt: Receipt) -> None:
        """Take a receipt."""
        if self._as_json:
            data.echo(json.dumps(receipt.to_dict(), ensure_ascii=True))
        self._counts[receipt.reporter, receipt.status] += 1
        self._has_required_failure |= receipt.fails_report
        kept = self._others if receipt.settled else self._failed
        if len(kept) < ROWS:
            kept.append(receipt)

    def _finish(self) -> None:
        """Print the table; failures first when not all fit, and what was altered."""
        if self._as_json:
            return
        console = Console()
        if not console.is_terminal:
            console.width = _FILE_WIDTH  # nothing is cut short where nobody has to scroll
        rows = [*self._failed, *self._others][:ROWS]
        if not rows:
            console.print("There are no receipts.")
            return
        console.print(_table(rows))
        if (left_out := sum(self._counts.values()) - len(rows)) > 0:
            console.print(f"… and {left_out} more receipts; --json gives all of them.")
        for receipt in rows:
            for alteration in receipt.alterations:
                console.print(Text(f"{receipt.machine} at {receipt.reporter}: {alteration}", style="yellow"))
        for (reporter, status), count in sorted(self._counts.items()):
            console.print(Text(f"{reporter}: {count} {status}", style=_STYLES[status]))


class _Rate(ProgressColumn):
    """Machines in a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f}/s")


def _tell(receipt: Receipt, console: Console) -> None:
    error = "" if receipt.error is None else f": {receipt.error}"
    line = f"{receipt.machine} at {receipt.reporter}: {receipt.status}{error}"
    console.print(Text(line), soft_wrap=True, highlight=False)


def _table(receipts: Iterable[Receipt]) -> Table:
    table = Table()
    for heading in ("machine", "reporter", "status", "attempts", "seconds", "reference or error"):
        table.add_column(heading, overflow="fold")
    for receipt in receipts:
        table.add_row(
            Text(str(receipt.machine)),
            Text(receipt.reporter if receipt.required else f"{receipt.reporter} (best effort)"),
            Text(str(receipt.status), style=_STYLES[receipt.status]),
            str(receipt.attempts),
            f"{receipt.seconds:.2f}",
            Text(
                receipt.reference or ""
                if receipt.error is None
                else f"{type(receipt.error).__name__}: {receipt.error}"
            ),
        )
    return table
