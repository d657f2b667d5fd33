"""How the scores of two records differ."""

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

from newsdesk.comparison.changes import Kind, Path, same
from newsdesk.machine import Machine
from newsdesk.record import Score, number_of, paths, scores
from newsdesk.record.directions import Direction, better

MEAN = "fold-mean"
_FOLD = re.compile(r"fold-([1-9][0-9]{0,17})")


@dataclasses.dataclass(frozen=True, slots=True)
class Delta:
    """A number in two records."""

    before: float | None
    """In the first record; None where it has none."""
    after: float | None
    """In the second record; None where it has none."""

    @property
    def differs(self) -> bool:
        """Whether the numbers differ; two NaN do not."""
        both_nan = all(number is not None and math.isnan(number) for number in (self.before, self.after))
        return self.before != self.after and not both_nan

    @property
    def difference(self) -> float | None:
        """By how much it grew; None where one of the records has no such number."""
        if self.before is None or self.after is None:
            return None
        return 0.0 if self.before == self.after else self.after - self.before

    def to_dict(self) -> dict[str, float | None]:
        """Return the numbers and their difference."""
        return {"before": self.before, "after": self.after, "difference": self.difference}


@dataclasses.dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score that differs, or that one of the records does not have."""

    name: str
    """Its name in the records, such as `r2-score-TAG-001`."""
    metric: str
    """Its name without the tag: `r2-score`."""
    tag: str | None
    """The tag that it belongs to; None for a score of all tags."""
    path: str
    """Where it is in the records."""
    kind: Kind
    """What happened to it."""
    better: Direction | None
    """Whether it is better when `higher` or `lower`; None for metrics that scikit-learn does not have."""
    values: Mapping[str, Delta]
    """Each of its numbers by its key in the records: `fold-mean`, `fold-std`, `fold-1`, …; also those that
    did not change. A score that is one number has it under `fold-mean`."""

    @property
    def mean(self) -> Delta:
        """The mean over the folds."""
        return self.values.get(MEAN, Delta(None, None))

    @property
    def folds(self) -> dict[int, Delta]:
        """The value of each fold by its number."""
        found = {
            int(match[1]): delta for key, delta in self.values.items() if (match := _FOLD.fullmatch(key))
        }
        return dict(sorted(found.items()))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        known = {key: getattr(self, key) for key in ("name", "metric", "tag", "path", "kind", "better")}
        return {**known, "values": {key: delta.to_dict() for key, delta in self.values.items()}}


def score_changes(before: Machine, after: Machine) -> list[ScoreChange]:
    """Return the scores that differ: those of all tags first, each sorted by name."""
    left, right = scores(before), scores(after)
    found = [
        _change(score, _kind(name in left, name in right), *values)
        for name, score in {**left, **right}.items()
        if not same(*(values := (_numbers(before, name), _numbers(after, name))))
        or (name in left) is not (name in right)
    ]
    return sorted(found, key=lambda change: (change.tag is not None, change.name))


def score_paths(machine: Machine) -> set[Path]:
    """Return the paths of the numbers that a `ScoreChange` shows."""
    root = tuple(paths.SCORES.split("."))
    return {
        (*root, name, key) if isinstance(value, dict) else (*root, name)
        for name, value in paths.mapping_at(machine, paths.SCORES).items()
        for key in _numbers(machine, name)
    }


def _numbers(machine: Machine, name: str) -> dict[str, Any]:
    """Return the numbers of a score as the record has them: integers may have more digits than a float."""
    recorded = paths.mapping_at(machine, paths.SCORES).get(name)
    values = recorded if isinstance(recorded, dict) else {MEAN: recorded}
    return {key: values[key] for key in values if number_of(values[key]) is not None}


def _kind(*present: bool) -> Kind:
    return "changed" if all(present) else "removed" if present[0] else "added"


def _change(score: Score, kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> ScoreChange:
    values = {
        key: Delta(number_of(before.get(key)), number_of(after.get(key)))
        for key in sorted(before.keys() | after.keys())
    }
    return ScoreChange(score.name, score.metric, score.tag, score.path, kind, better(score.metric), values)
