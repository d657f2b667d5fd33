"""A table for a person."""

import sys
from typing import TYPE_CHECKING, Literal

from newsdesk import record
from newsdesk.builtin.display import short, shown
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine

if TYPE_CHECKING:
    from rich.table import Table


class ConsoleReporter(BaseReporter):
    """Prints what matters most of each machine.

    Args:
        stream: Where to; standard error by default, so that standard output stays for data.
    """

    def __init__(self, stream: Literal["stdout", "stderr"] = "stderr") -> None:
        self.stream = stream

    def report(self, machine: Machine) -> Delivery:
        """Print a table of the machine."""
        from rich.console import Console  # noqa: PLC0415  (not for those who never look)

        stream = getattr(sys, self.stream)
        Console(file=stream).print(_table(machine, stream.encoding or "utf-8"))
        return Delivery()


def _table(machine: Machine, encoding: str) -> "Table":
    from rich.table import Table  # noqa: PLC0415  (the same)
    from rich.text import Text  # noqa: PLC0415  (the same)

    table = Table(
        "",
        "",
        title=Text(shown(str(machine.key), encoding)),
        show_header=False,
        title_justify="left",
        min_width=40,
    )
    for name, value in facts(machine):
        table.add_row(
            Text(shown(name, encoding)), Text(shown(value, encoding))
        )  # Text: a record's own brackets are no markup
    return table


def facts(machine: Machine) -> list[tuple[str, str]]:
    """Give what matters most: when and by what the machine was built, on what data, and how good it is."""
    build = record.build(machine)
    pairs = [
        ("built", build.created),
        ("builder", build.builder_version),
        ("model", ", ".join(machine.model)),
        ("trained from", build.train_start_date),
        ("trained to", build.train_end_date),
        ("training, seconds", build.training_seconds),
        *((name, score.mean) for name, score in record.main_scores(machine).items()),
        ("revision", machine.revision[:12]),
    ]
    return [
        (name, short(value) if isinstance(value, float) else value)
        for name, value in pairs
        if value not in (None, "")
    ]
