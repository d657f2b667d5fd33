"""How the training histories of two records differ."""

import dataclasses
from typing import Any

from newsdesk.comparison.changes import Path, same
from newsdesk.comparison.score_changes import Delta
from newsdesk.machine import Machine
from newsdesk.record import history, number_of, paths


@dataclasses.dataclass(frozen=True, slots=True)
class HistoryChange:
    """What the training logged under one key, where that differs."""

    name: str
    """The key, such as `loss`."""
    path: str
    """Where it is in the records."""
    last: Delta
    """The last value; it may be the same where earlier ones differ."""
    epochs: Delta
    """How many values there are; None where the record has none under this key."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        shown = {"last": self.last.to_dict(), "epochs": self.epochs.to_dict()}
        return {"name": self.name, "path": self.path, **shown}


def history_changes(before: Machine, after: Machine) -> tuple[list[HistoryChange], set[Path]]:
    """Return what differs, sorted by key, and the paths of all values that were compared."""
    root = tuple(paths.HISTORY.split("."))
    left, right = (paths.mapping_at(machine, paths.HISTORY) for machine in (before, after))
    names = [
        name
        for name in sorted(history(before).keys() | history(after).keys())
        if all(_is_series(side[name]) for side in (left, right) if name in side)
    ]
    found = [
        HistoryChange(
            name,
            f"{paths.HISTORY}.{name}",
            Delta(_last(left.get(name)), _last(right.get(name))),
            Delta(_length(left.get(name)), _length(right.get(name))),
        )
        for name in names
        if (name in left) is not (name in right) or not same(left[name], right[name])
    ]
    return found, {(*root, name) for name in names}


def _is_series(recorded: Any) -> bool:
    return isinstance(recorded, list) or number_of(recorded) is not None


def _last(recorded: Any) -> float | None:
    if isinstance(recorded, list):
        return number_of(recorded[-1]) if recorded else None
    return number_of(recorded)


def _length(recorded: Any) -> int | None:
    if recorded is None:
        return None
    return len(recorded) if isinstance(recorded, list) else 1
