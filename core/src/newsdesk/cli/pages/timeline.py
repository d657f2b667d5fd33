"""Pure: the folds of a cross-validation on a line of time."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newsdesk.cli.pages.marks import Marks
from newsdesk.record import Split, date_of


class Row(NamedTuple):
    """One fold."""

    fold: str
    """Its number."""
    line: str
    """Where its training and its test are in time; empty where the record has no dates."""
    rows: str
    """How many rows it was trained and tested on."""


class _Span(NamedTuple):
    start: float
    test: float
    end: float


def timeline(splits: Sequence[Split], marks: Marks, width: int) -> Iterator[Row]:
    """Yield a row for each fold, then one with the ends of the line.

    Args:
        splits: The folds.
        marks: What to draw with.
        width: Characters of the line.
    """
    spans = [_span(split) for split in splits]
    known = [span for span in spans if span is not None]
    low, high = min((s.start for s in known), default=0.0), max((s.end for s in known), default=0.0)
    for split, span in zip(splits, spans, strict=True):
        line = ""
        if span is not None and low < high:
            start, test, end = ((moment - low) / (high - low) for moment in span)
            line = marks.span(start, test, end, width=width)
        counts = [str(count) for count in (split.n_train, split.n_test) if count is not None]
        yield Row(str(split.fold), line.rstrip(), " / ".join(counts))
    if low < high:
        ends = [next(d for s, d in _dates(splits) if s == moment) for moment in (low, high)]
        yield Row("", f"{ends[0]}{ends[1].rjust(max(0, width - len(ends[0])))}", "")


def _span(split: Split) -> _Span | None:
    """Return when a fold begins, is tested and ends, in seconds; None if not all of that is known."""
    dates = [date_of(date) for date in (split.train_start, split.test_start, split.test_end)]
    start, test, end = (None if date is None else date.timestamp() for date in dates)
    if start is None or test is None or end is None or not start <= test <= end:
        return None
    return _Span(start, test, end)


def _dates(splits: Sequence[Split]) -> Iterator[tuple[float, str]]:
    for split in splits:
        for text in (split.train_start, split.test_end):
            if (date := date_of(text)) is not None:
                yield date.timestamp(), f"{date:%Y-%m-%d}"
