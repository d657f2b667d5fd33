"""What changed from one machine to another."""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

from newsdesk import canonical
from newsdesk.comparison.changes import Change, Path, changes
from newsdesk.comparison.history_changes import HistoryChange, history_changes
from newsdesk.comparison.score_changes import ScoreChange, score_changes, score_paths
from newsdesk.comparison.volatile import PATHS, volatile_path
from newsdesk.machine import Machine
from newsdesk.record import number_of


@dataclasses.dataclass(frozen=True, slots=True)
class Diff:
    """What changed from one machine to another; true if anything did."""

    before: Machine
    """The first machine, with the secrets of its own reporters masked."""
    after: Machine
    """The second machine, masked likewise."""
    changes: tuple[Change, ...]
    """What was added, removed or changed, in the order of the paths, apart from scores and history."""
    scores: tuple[ScoreChange, ...]
    """The scores that differ: those of all tags first."""
    history: tuple[HistoryChange, ...]
    """The series of the training history that differ."""
    volatile: Mapping[str, int]
    """How many changes were left out as they come with every build, by the paths that they are below."""

    @property
    def differs(self) -> bool:
        """Whether anything changed, other than what changes with every build."""
        return bool(self.changes or self.scores or self.history)

    def __bool__(self) -> bool:
        return self.differs

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as `newsdesk diff --json` prints it."""
        plain, _ = canonical.plain(
            {
                "before": _named(self.before),
                "after": _named(self.after),
                "differs": self.differs,
                "changes": [change.to_dict() for change in self.changes],
                "scores": [change.to_dict() for change in self.scores],
                "history": [change.to_dict() for change in self.history],
                "volatile": dict(self.volatile),
            }
        )
        return plain  # type: ignore[no-any-return]  # a dict in, a dict out


def diff(before: Any, after: Any, *, volatile: bool = False) -> Diff:
    """Compare two machines, path by path.

    Numbers are compared by value; items of lists are aligned, so that an inserted tag is one change.

    Args:
        before: A machine, a mapping, or any object with a `to_dict()`.
        after: Another one.
        volatile: Whether to include what changes with every build: when it was built, how long that took, the
            folds' dates, statistics of the data, and what the training learned apart from its history.
            Otherwise that is only counted.

    Raises:
        MachineError: One of them is not a valid machine.

    Example:
        >>> import newsdesk
        >>> last_week, today = ({"name": "pump-7", "model": {"epochs": epochs}} for epochs in (3, 5))
        >>> [change.to_dict() for change in newsdesk.diff(last_week, today).changes]
        [{'path': 'model.epochs', 'kind': 'changed', 'before': 3, 'after': 5}]
    """
    left, right = Machine.of(before).redacted(), Machine.of(after).redacted()
    series, compared = history_changes(left, right)
    numbers = score_paths(left) | score_paths(right)
    found: list[Change] = []
    left_out: Counter[str] = Counter()
    apart = numbers if volatile else numbers | PATHS
    for path, change in changes(left.to_dict(), right.to_dict(), apart=apart, skipped=compared):
        if _is_score(path, change, numbers):
            continue
        if not volatile and (within := volatile_path(path)) is not None:
            left_out[within] += 1
        else:
            found.append(change)
    scores = tuple(score_changes(left, right))
    return Diff(left, right, tuple(found), scores, tuple(series), dict(sorted(left_out.items())))


def _is_score(path: Path, change: Change, numbers: set[Path]) -> bool:
    """Return whether a `ScoreChange` shows a change: it does not show what is not a number."""
    before = change.kind == "added" or number_of(change.before) is not None
    return path in numbers and before and (change.kind == "removed" or number_of(change.after) is not None)


def _named(machine: Machine) -> dict[str, str]:
    return {"project_name": machine.project_name, "name": machine.name, "revision": machine.revision}
