"""What a person at a terminal sees: a progress bar, then a table. Elsewhere rich is not even imported."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

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

from newsdesk.cli.logs import plain
from newsdesk.cli.receipts.causes import named
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.machine import MachineKey

T = TypeVar("T")

STYLES = {
    Status.DELIVERED: "green",
    Status.UNCHANGED: "cyan",
    Status.SPOOLED: "yellow",
    Status.SKIPPED: "yellow",
    Status.FAILED: "bold red",
}


def with_bar(items: Iterable[T], machines: int, machine_of: Callable[[T], MachineKey]) -> Iterator[T]:
    """Give things about machines as they come, with a progress bar on standard error.

    Args:
        items: The things; those of one machine come one after the other.
        machines: How many machines they are about.
        machine_of: Tells which machine one of them is about.
    """
    columns = (TextColumn("machines"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    # Where standard output goes elsewhere it is data, which the bar's console must not take over.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as progress:
        task, last = progress.add_task("machines", total=machines), None
        for item in items:
            machine = machine_of(item)
            progress.advance(task, 0 if machine == last else 1)
            last = machine
            yield item


def print_table(receipts: Iterable[Receipt]) -> None:
    """Print receipts on standard output, a row for each."""
    table = Table()
    for heading in ("machine", "reporter", "status", "attempts", "seconds", "reference"):
        table.add_column(heading, overflow="fold")
    for receipt in receipts:
        table.add_row(
            Text(plain(str(receipt.machine))),
            Text(plain(named(receipt.reporter, required=receipt.required))),
            Text(str(receipt.status), style=STYLES.get(receipt.status, "")),
            str(receipt.attempts),
            f"{receipt.seconds:.2f}",
            Text(plain(receipt.reference or "")),
        )
    Console().print(table)


class _Rate(ProgressColumn):
    """Machines in a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f}/s")
