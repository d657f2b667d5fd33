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
    gaps: frozenset[int] = frozenset()
    """The folds that have a value which is not a number, such as the null that some write for NaN."""


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
    summaries, folds, gaps, omitted = {}, {}, set(), 0
    for key, raw in recorded.items():
        fold = None if key in _SUMMARIES else _FOLD.fullmatch(key)
        if fold is None and key not in _SUMMARIES:
            continue
        value = number_of(raw)
        if value is None:
            omitted += 1
            gaps |= set() if fold is None else {int(fold[1])}
        elif fold is None:
            summaries[key] = value
        else:
            folds[int(fold[1])] = value
    mean, std, least, most = map(summaries.get, _SUMMARIES)
    in_order = dict(sorted(folds.items()))
    return Score(name, metric, tag, path, mean, std, least, most, in_order, None, omitted, frozenset(gaps))


def _owners(found: Collection[str], machine: Machine) -> dict[str, tuple[str, str]]:
    """Return metric and tag of each score of a single tag.

    Such a score is named as another score, `-`, and the tag with spaces as `-`. A score whose name merely
    contains a tag's name belongs to none.
    """
    # Of tags that gordo writes alike it keeps the score of the last target.
    by_suffix = {f"-{tag.replace(' ', '-')}": tag for tag in (*tags(machine), *target_tags(machine))}
    owners, names = {}, list(found)
    # The tags have few lengths. Of two that fit the longer one is the tag, and what is left the metric.
    for length in sorted({len(suffix) for suffix in by_suffix}):
        names = [name for name in names if len(name) >= length]
        for name in names:
            tag = by_suffix.get(name[-length:])
            if tag is not None and name[:-length] in found:
                owners[name] = name[:-length], tag
    return owners
