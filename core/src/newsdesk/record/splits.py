"""The folds of the cross-validation: what each was trained and tested on."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from newsdesk.machine import Machine
from newsdesk.record import paths
from newsdesk.record.values import count_of, text_of

_KEY = re.compile(r"fold-([1-9][0-9]{0,17})-((?:train|test)-(?:start|end)|n-(?:train|test))")


@dataclasses.dataclass(frozen=True, slots=True)
class Split:
    """One fold. Its dates are the first and last rows, as the record writes them (see `date_of`)."""

    fold: int
    """Its number, which counts from 1."""
    train_start: str | None = None
    """The first row that it was trained on."""
    train_end: str | None = None
    """The last row that it was trained on."""
    test_start: str | None = None
    """The first row that it was tested on."""
    test_end: str | None = None
    """The last row that it was tested on."""
    n_train: int | None = None
    """How many rows it was trained on."""
    n_test: int | None = None
    """How many rows it was tested on."""


def splits(machine: Machine) -> list[Split]:
    """Return the folds in their order."""
    found: dict[int, dict[str, Any]] = {}
    for key, recorded in raw_splits(machine).items():
        if match := _KEY.fullmatch(key):
            value = count_of(recorded) if match[2].startswith("n-") else text_of(recorded)
            if value is not None:
                found.setdefault(int(match[1]), {})[match[2].replace("-", "_")] = value
    return [Split(fold, **found[fold]) for fold in sorted(found)]


def raw_splits(machine: Machine) -> Mapping[str, Any]:
    """Return the splits as the record has them, with keys that `splits` does not know."""
    return paths.mapping_at(machine, paths.SPLITS)
