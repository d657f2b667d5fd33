"""A difference as Markdown, for a merge request."""

from collections.abc import Iterator

from newsdesk.cli.comparing import words
from newsdesk.cli.comparing.diff_rows import CHANGES, SCORES, epochs, score_rows, volatile
from newsdesk.comparison.difference import Diff
from newsdesk.machine import Machine


def lines(difference: Diff, before: str, after: str) -> Iterator[str]:
    """Yield the lines.

    Args:
        difference: What changed.
        before: What the user gave for the first machine.
        after: What the user gave for the second one.
    """
    yield f"### {words.code(str(difference.after.key))}: {'changed' if difference else 'no differences'}"
    yield ""
    yield f"From {_named(difference.before, before)} to {_named(difference.after, after)}."
    yield from _changes(difference)
    yield from _scores(difference)
    yield from _history(difference)
    if left_out := volatile(difference):
        yield ""
        yield left_out.replace("_", r"\_")


def _named(machine: Machine, given: str) -> str:
    return (
        f"{words.code(given)} ({words.code(str(machine.key))}, revision {words.code(machine.revision[:12])})"
    )


def _changes(difference: Diff) -> Iterator[str]:
    if not difference.changes:
        return
    yield ""
    rows = [
        [
            words.code(change.path),
            "" if change.kind == "added" else words.code(words.value(change.before)),
            "" if change.kind == "removed" else words.code(words.value(change.after)),
            change.kind,
        ]
        for change in difference.changes[:CHANGES]
    ]
    yield from words.table(["path", "before", "after", ""], rows)
    yield from words.more(len(difference.changes) - CHANGES, "changes")


def _scores(difference: Diff) -> Iterator[str]:
    if not (rows := score_rows(difference)):
        return
    yield ""
    cells = [
        [
            words.code(row.score),
            row.part,
            words.number(row.delta.before),
            words.number(row.delta.after),
            words.difference(row.delta),
            row.verdict,
        ]
        for row in rows[:SCORES]
    ]
    yield from words.table(["score", "", "before", "after", "difference", ""], cells, numbers=3)
    yield from words.more(len(rows) - SCORES, "rows of scores")


def _history(difference: Diff) -> Iterator[str]:
    if not difference.history:
        return
    yield ""
    cells = [
        [
            words.code(series.name),
            words.number(series.last.before),
            words.number(series.last.after),
            words.difference(series.last),
            epochs(series.epochs),
        ]
        for series in difference.history[:SCORES]
    ]
    yield from words.table(["training history", "before", "after", "difference", ""], cells, numbers=3)
    yield from words.more(len(difference.history) - SCORES, "series")
