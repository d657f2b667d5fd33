"""Pure: the columns of a list, and what is in them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from newsdesk.builtin.display import minute, short
from newsdesk.cli.listing.order import STORED, Order, score_of
from newsdesk.contract.stored import StoredMachine

DIGITS = 12
"""Digits of a revision that are shown; `newsdesk show NAME#REVISION` takes them."""


T = TypeVar("T")


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column for people."""

    heading: str
    """What it is."""
    cell: Callable[[T], str]
    """What it has for an entry."""
    is_score: bool = False
    """Whether it is the column of a score, or of another number."""


def columns(scores: Sequence[str], order: Order | None) -> list[Column[StoredMachine]]:
    """Return the columns of a list with these scores, those that matter most first.

    Args:
        scores: The names of the scores; the first one matters most.
        order: The order of the list.
    """
    shown = [_score(name) for name in scores]
    stored = [Column[StoredMachine]("stored", lambda entry: _minute(entry.time))]
    return [
        Column("machine", lambda entry: str(entry.key)),
        *(stored if order is not None and order.key == STORED else []),
        *shown[:1],
        Column("revision", lambda entry: (entry.revision or "")[:DIGITS]),
        Column("built", lambda entry: _minute(entry.created)),
        *shown[1:],
    ]


def in_reading_order(shown: Iterable[Column[T]]) -> list[Column[T]]:
    """Return columns with the scores last."""
    return sorted(shown, key=lambda column: column.is_score)


def score_names(entries: Iterable[StoredMachine]) -> list[str]:
    """Return the names of all scores of some entries, sorted."""
    return sorted({name for entry in entries for name in entry.scores or ()})


def _score(name: str) -> Column[StoredMachine]:
    def cell(entry: StoredMachine) -> str:
        value = score_of(entry, name)
        return "" if value is None else short(value)

    return Column(name, cell, is_score=True)


def _minute(time: datetime | None) -> str:
    return "" if time is None else minute(time)
