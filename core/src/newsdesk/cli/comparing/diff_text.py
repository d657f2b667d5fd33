"""A difference as text."""

from collections.abc import Iterator

from newsdesk.cli.comparing import words
from newsdesk.cli.comparing.diff_rows import CHANGES, SCORES, epochs, score_rows, volatile
from newsdesk.cli.comparing.line import Line, aligned
from newsdesk.comparison.changes import Change
from newsdesk.comparison.difference import Diff
from newsdesk.machine import Machine

_COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "better": "green", "worse": "red"}


def lines(difference: Diff, before: str, after: str) -> Iterator[Line]:
    """Yield the lines.

    Args:
        difference: What changed.
        before: What the user gave for the first machine.
        after: What the user gave for the second one.
    """
    yield Line(f"- {_named(difference.before, before)}", "red")
    yield Line(f"+ {_named(difference.after, after)}", "green")
    yield from _changes(difference)
    yield from _scores(difference)
    yield from _history(difference)
    if not difference:
        yield Line("No differences.")
    if left_out := volatile(difference):
        yield Line(left_out)


def _named(machine: Machine, given: str) -> str:
    return words.name(f"{machine.key}, revision {machine.revision[:12]} ({given})")


def _changes(difference: Diff) -> Iterator[Line]:
    for change in difference.changes[:CHANGES]:
        yield Line(_change(change), _COLOURS[change.kind])
    yield from map(Line, words.more(len(difference.changes) - CHANGES, "changes"))


def _change(change: Change) -> str:
    path = words.name(change.path)
    if change.kind == "added":
        return f"added    {path}: {words.value(change.after)}"
    if change.kind == "removed":
        return f"removed  {path}: {words.value(change.before)}"
    return f"changed  {path}: {words.value(change.before)} -> {words.value(change.after)}"


def _scores(difference: Diff) -> Iterator[Line]:
    rows = score_rows(difference)
    if not rows:
        return
    shown = rows[:SCORES]
    cells = [["score", "", "before", "after", "difference"]]
    for row in shown:
        numbers = [words.number(row.delta.before), words.number(row.delta.after), words.difference(row.delta)]
        cells.append([words.name(row.score), row.part, *numbers])
    heading, *texts = aligned(cells, texts=2)
    yield Line("")
    yield Line(heading)
    for row, text in zip(shown, texts, strict=True):
        yield Line(f"{text}  {row.verdict}".rstrip(), _COLOURS.get(row.verdict))
    yield from map(Line, words.more(len(rows) - SCORES, "rows of scores"))


def _history(difference: Diff) -> Iterator[Line]:
    if difference.history:
        yield Line("")
        yield Line("training history, last values")
    for series in difference.history[:SCORES]:
        last = f"{words.number(series.last.before)} -> {words.number(series.last.after)}"
        yield Line(f"{words.name(series.name)}: {last}, {epochs(series.epochs)}")
    yield from map(Line, words.more(len(difference.history) - SCORES, "series"))
