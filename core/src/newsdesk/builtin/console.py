"""A table for a person."""

import sys
from typing import TYPE_CHECKING, Any, Literal

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
        title=Text(_shown(str(machine.key), encoding)),
        show_header=False,
        title_justify="left",
        min_width=40,
    )
    for name, value in facts(machine):
        table.add_row(
            Text(_shown(name, encoding)), Text(_shown(value, encoding))
        )  # Text: a record's own brackets are no markup
    return table


def _shown(text: str, encoding: str) -> str:
    """Give a text that no terminal takes for a command, with what the stream cannot write escaped."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return safe.encode(encoding, "backslashreplace").decode(encoding)


def facts(machine: Machine) -> list[tuple[str, str]]:
    """Give what matters most: when and by what the machine was built, on what data, and how good it is."""
    model = _mapping(machine.metadata, "build_metadata", "model")
    scores = _mapping(model, "cross_validation", "scores")
    pairs = [
        ("built", model.get("model_creation_date")),
        ("builder", machine.builder_version),
        ("model", ", ".join(machine.model)),
        ("trained from", machine.dataset.get("train_start_date")),
        ("trained to", machine.dataset.get("train_end_date")),
        ("training, seconds", model.get("model_training_duration_sec")),
        *((name, _mapping(scores, name).get("fold-mean")) for name in _whole(scores)),
        ("revision", machine.revision[:12]),
    ]
    return [
        (name, f"{value:.4g}" if isinstance(value, float) else str(value))
        for name, value in pairs
        if value not in (None, "")
    ]


def _whole(scores: dict[str, Any]) -> list[str]:
    """Give the scores that are not of a single tag: those that do not begin with another score's name."""
    return sorted(
        name for name in scores if not any(name.startswith(f"{other}-") for other in scores if other != name)
    )


def _mapping(value: Any, *path: str) -> dict[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
