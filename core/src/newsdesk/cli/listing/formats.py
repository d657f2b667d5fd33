"""The forms of a list that programs read: JSON Lines, and CSV."""

import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from newsdesk import canonical
from newsdesk.cli.listing.entries import UNREAD
from newsdesk.cli.listing.order import score_of
from newsdesk.contract.stored import StoredMachine

_FIELDS = ("project_name", "name", "revision", "created", "stored", "reference")

_END = "\r\n"


def json_lines(entries: Iterable[StoredMachine], scores: Sequence[str] | None) -> Iterator[bytes]:
    """Yield a JSON object for each entry, with these scores; with all, when None."""
    for entry in entries:
        yield canonical.dumps(
            {
                "machine": {"project_name": entry.key.project_name, "name": entry.key.name},
                "revision": entry.revision,
                "model_key": entry.model_key,
                "created": _iso(entry.created),
                "stored": _iso(entry.time),
                "reference": entry.reference,
                "scores": _scores(entry, scores),
            }
        )


def csv_rows(entries: Iterable[StoredMachine], scores: Sequence[str]) -> Iterator[str]:
    """Yield the header and a row for each entry, as RFC 4180 has it, without the end of the line.

    Values are exact: one that begins with `=` stays so, though a spreadsheet takes it for a formula.
    """
    yield _row([*_FIELDS, *scores])
    for entry in entries:
        values = [score_of(entry, name) for name in scores]
        yield _row(
            [
                *entry.key,
                entry.revision,
                _iso(entry.created),
                _iso(entry.time),
                entry.reference,
                *("" if value is None else _number(value) for value in values),
            ]
        )


def _row(values: Sequence[str | None]) -> str:
    import csv  # noqa: PLC0415  (for those who ask for it)

    text = io.StringIO()
    csv.writer(text, lineterminator=_END).writerow(values)  # it quotes what holds one of its characters
    return text.getvalue().removesuffix(_END)


def _scores(entry: StoredMachine, names: Sequence[str] | None) -> Mapping[str, Any] | None:
    if entry.scores is None or entry.scores is UNREAD or (names is not None and not names):
        return None
    if names is None:
        return {name: _plain(value) for name, value in entry.scores.items()}
    return {name: _plain(value) for name in names if (value := score_of(entry, name)) is not None}


def _number(value: float) -> str:
    """Return a number so that it is read back exactly; NaN and the infinities as records have them."""
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text := repr(float(value)), text)


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else _number(value)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
