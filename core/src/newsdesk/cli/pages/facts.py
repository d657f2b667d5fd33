"""Pure: what a page says of a build, its data and its tags, in a line each."""

from collections.abc import Iterator, Sequence
from typing import Any

from newsdesk import record
from newsdesk.builtin.display import duration, minute
from newsdesk.machine import Machine
from newsdesk.record import paths

TAGS = 8
"""Tags that are named."""
DIGITS = 12
"""Digits of a revision that are shown."""


def facts(machine: Machine, dash: str) -> Iterator[tuple[str, str]]:
    """Yield what is known, each with its name.

    Args:
        machine: The machine.
        dash: What is between the ends of a span.
    """
    build = record.build(machine)
    built = build.created if build.created_at is None else f"{minute(build.created_at)} UTC"
    builder = f"builder {build.builder_version}" if build.builder_version else None
    yield "built", _joined([built, builder])
    took = [
        ("training", build.training_seconds),
        ("cross-validation", build.cv_seconds),
        ("data", build.query_seconds),
    ]
    yield "took", _joined([f"{name} {duration(seconds)}" for name, seconds in took if seconds is not None])
    dates = [_day(build.train_start_date), _day(build.train_end_date)]
    yield "data", _joined([f" {dash} ".join(filter(None, dates)), *_of_dataset(machine)])
    tags, targets = record.tags(machine), record.target_tags(machine)
    yield "tags", _names(tags)
    if targets != tags:
        yield "targets", _names(targets)
    yield "evaluation", _text(machine.evaluation.get("cv_mode"))
    yield "model key", machine.model_key[:DIGITS]
    yield "revision", machine.revision[:DIGITS]


def _of_dataset(machine: Machine) -> Iterator[str]:
    resolution = _text(record.value_at(machine, paths.RESOLUTION))
    if resolution:
        yield f"every {resolution}"
    kind = _text(machine.dataset.get("type"))
    if kind:
        yield kind.rpartition(".")[2]


def _day(date: str | None) -> str:
    """Return a date of a record without its time where that is midnight."""
    found = record.date_of(date)
    if found is None:
        return date or ""
    return f"{found:%Y-%m-%d}" if f"{found:%H%M%S}" == "000000" else f"{minute(found)} UTC"


def _names(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - TAGS} more" if len(names) > TAGS else ""
    return f"{len(names)}: {', '.join(names[:TAGS])}{more}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _joined(parts: Sequence[str | None]) -> str:
    return ", ".join(filter(None, parts))
