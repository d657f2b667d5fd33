"""What of a difference is shown to people: rows, in bounded number."""

from typing import NamedTuple

from newsdesk.cli.comparing import words
from newsdesk.comparison.difference import Diff
from newsdesk.comparison.score_changes import Delta, ScoreChange

CHANGES = 200
"""Changes that are shown."""
SCORES = 100
"""Rows of scores that are shown."""


class ScoreRow(NamedTuple):
    """A number of a score that differs, or the mean."""

    score: str
    part: str
    delta: Delta
    verdict: str
    """Whether it is `better` or `worse`, `added` or `removed`; empty where that is not known."""


def score_rows(difference: Diff) -> list[ScoreRow]:
    """Return the mean of each score that differs, with the folds that differ where both records have it."""
    rows = []
    for change in difference.scores:
        if change.kind != "changed":
            rows.append(ScoreRow(change.name, "mean", change.mean, change.kind))
            continue
        rows.append(_row(change, "mean", change.mean))
        folds = {f"fold {fold}": delta for fold, delta in change.folds.items() if delta.differs}
        if not folds and not change.mean.differs:  # then something that should follow from them does
            rows += [
                ScoreRow(change.name, key, delta, "") for key, delta in change.values.items() if delta.differs
            ]
        rows += [_row(change, part, delta) for part, delta in folds.items()]
    return rows


def _row(change: ScoreChange, part: str, delta: Delta) -> ScoreRow:
    grown = delta.difference or 0.0
    sign = grown if change.better == "higher" else -grown if change.better == "lower" else 0.0
    return ScoreRow(change.name, part, delta, "better" if sign > 0 else "worse" if sign < 0 else "")


def epochs(delta: Delta) -> str:
    """Say how many values a history has."""
    if delta.before == delta.after:
        return f"{words.number(delta.after)} values"
    return f"{words.number(delta.before)} -> {words.number(delta.after)} values"


def volatile(difference: Diff) -> str:
    """Say what was left out, if anything."""
    if not difference.volatile:
        return ""
    counts = {path.rpartition(".")[2]: count for path, count in difference.volatile.items()}
    places = ", ".join(f"{count} in {name}" for name, count in counts.items())
    return f"Left out what changes with every build: {places}; --volatile shows it."
