"""The chart of the splits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from newsdesk import record

from newsdesk_pages.charts.drawing import WIDTH, Chart, bar, label, linear

MOST_FOLDS = 40
"""Folds in the chart; a table has all."""

_LEFT = 60
_HEIGHT = 20  # of a line


class _Span(NamedTuple):
    style: str
    what: str
    start: datetime
    end: datetime


def timeline(splits: Sequence[record.Split], start: str | None, end: str | None) -> Chart | None:
    """Draw on which dates each fold was trained and tested.

    Args:
        splits: The folds.
        start: Where all data begin, as the record has it.
        end: Where they end.
    """
    rows = {
        f"fold {split.fold}": [
            *_span("s0", "train", split.train_start, split.train_end),
            *_span("s1", "test", split.test_start, split.test_end),
        ]
        for split in splits[:MOST_FOLDS]
    }
    if not any(rows.values()):
        return None
    rows = {"all data": [*_span("s2", "training", start, end)], **rows}
    times = [time for spans in rows.values() for span in spans for time in (span.start, span.end)]
    first, last = min(times), max(times)
    x = linear(first.timestamp(), max(last.timestamp(), first.timestamp() + 1), _LEFT, WIDTH - 8)
    marks = [label(_LEFT, 12, "train", "key k0"), label(_LEFT + 60, 12, "test", "key k1")]
    for index, (name, spans) in enumerate(rows.items()):
        y = 22 + _HEIGHT * index
        marks.append(label(_LEFT - 6, y + 11, name, "end"))
        for span in spans:
            told = f"{name}, {span.what}: {span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M}"
            marks.append(
                bar(span.style, (x(span.start.timestamp()), x(span.end.timestamp())), y, 14, text=told)
            )
    bottom = 22 + _HEIGHT * len(rows) + 12
    began, ended = f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
    marks += [label(_LEFT, bottom, began, "tick"), label(WIDTH - 8, bottom, ended, "tick end")]
    told = f"{len(splits)} folds between {began} and {ended}."
    return Chart("Splits of the cross-validation", told, bottom + 6, marks)


def _span(style: str, what: str, start: str | None, end: str | None) -> Sequence[_Span]:
    dates = record.date_of(start), record.date_of(end)
    return [_Span(style, what, *dates)] if dates[0] and dates[1] else []  # type: ignore[arg-type]
