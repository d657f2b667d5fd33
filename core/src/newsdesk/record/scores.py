"""The scores of the cross-validation."""

import dataclasses
import re
from collections.abc import Collection, Mapping
from typing import Any

from newsdesk.machine import Machine
from newsdesk.record import paths
from newsdesk.record.tags import tags, target_tags
from newsdesk.record.values import number_of

_SUMMARIES = ("fold-mean", "fold-std", "fold-min", "fold-max")
_FOLD = re.compile(r"fold-([1-9][0-9]{0,17})")


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """One score: what its metric gave for each fold, and over all folds."""

    name: str
    """Its name in the record, such as `r2-score-TAG-001`."""
    metric: str
    """Its name without the tag: `r2-score`."""
    tag: str | None
    """The tag that it belongs to, as the dataset names it; None for a score of all tags."""
    path: str
    """Where it is in the record."""
    mean: float | None
    """The mean over the folds. Each number is as the record has it; None where it has none."""
    std: float | None
    """The standard deviation over the folds."""
    min: float | None
    """The least of the folds."""
    max: float | None
    """The greatest of the folds."""
    folds: Mapping[int, float]
    """The value of each fold by its number, which counts from 1; in that order."""
    value: float | None = None
    """The score, where the record has one number in place of a mapping; `mean` is the same."""
    omitted: int = 0
    """How many of its values are not numbers."""


def scores(machine: Machine) -> dict[str, Score]:
    """Return every score by its name in the record, sorted by name."""
    found = paths.mapping_at(machine, paths.SCORES)
    owners = _owners(found, machine)
    return {name: _score(name, found[name], owners.get(name)) for name in sorted(found)}


def main_scores(machine: Machine) -> dict[str, Score]:
    """Return the scores that belong to no single tag, sorted by name."""
    found = paths.mapping_at(machine, paths.SCORES)
    owners = _owners(found, machine)
    return {name: _score(name, found[name], None) for name in sorted(found) if name not in owners}


def _score(name: str, recorded: Any, owner: tuple[str, str] | None) -> Score:
    metric, tag = owner or (name, None)
    path = f"{paths.SCORES}.{name}"
    if not isinstance(recorded, dict):
        value = number_of(recorded)
        return Score(name, metric, tag, path, value, None, None, None, {}, value, omitted=int(value is None))
    mean, std, least, most = (number_of(recorded.get(key)) for key in _SUMMARIES)
    numbered = sorted((int(match[1]), key) for key in recorded if (match := _FOLD.fullmatch(key)))
    folds = {number: value for number, key in numbered if (value := number_of(recorded[key])) is not None}
    present = len(numbered) + sum(key in recorded for key in _SUMMARIES)
    read = len(folds) + sum(value is not None for value in (mean, std, least, most))
    return Score(name, metric, tag, path, mean, std, least, most, folds, omitted=present - read)


def _owners(found: Collection[str], machine: Machine) -> dict[str, tuple[str, str]]:
    """Return metric and tag of each score of a single tag.

    Such a score is named as another score, `-`, and the tag with spaces as `-`. A score whose name merely
    contains a tag's name belongs to none.
    """
    # Of tags that gordo writes alike it keeps the score of the last target.
    by_suffix = {tag.replace(" ", "-"): tag for tag in (*tags(machine), *target_tags(machine))}
    return {name: owner for name in found if (owner := _owner(name, found, by_suffix)) is not None}


def _owner(name: str, found: Collection[str], by_suffix: Mapping[str, str]) -> tuple[str, str] | None:
    cut = name.find("-")
    while cut != -1:
        tag = by_suffix.get(name[cut + 1 :])
        if tag is not None and name[:cut] in found:
            return name[:cut], tag
        cut = name.find("-", cut + 1)
    return None
