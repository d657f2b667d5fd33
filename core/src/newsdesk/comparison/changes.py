"""What changed from one JSON value to another, path by path."""

import dataclasses
from collections.abc import Collection, Iterator
from typing import Any, Literal

from newsdesk.comparison.alignment import Pair, aligned

Path = tuple[str, ...]
"""The keys and indices that lead to a value."""
Kind = Literal["added", "removed", "changed"]
"""What happened to a value."""
_ABSENT: Any = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One value that was added, removed or changed."""

    path: str
    """Where, as a dotted path. The index of a list's item is that of the second record; of a removed item,
    that of the first."""
    kind: Kind
    """What happened."""
    before: Any
    """The value of the first record; None if it was added."""
    after: Any
    """The value of the second record; None if it was removed."""

    def to_dict(self) -> dict[str, Any]:
        """Return the change as JSON has it: a value that is not there has no key."""
        values = {"before": self.before, "after": self.after}
        values.pop({"added": "before", "removed": "after"}.get(self.kind, ""), None)
        return {"path": self.path, "kind": self.kind, **values}


def changes(
    before: Any, after: Any, *, apart: Collection[Path] = (), skipped: Collection[Path] = ()
) -> Iterator[tuple[Path, Change]]:
    """Yield what changed, in the order of the paths, with the path of each.

    Numbers are equal by value: 1 is 1.0, and is not True. Items of lists are aligned (see `aligned`); of a
    list of which too little is the same, the whole list is one change.

    Args:
        before: A plain JSON value.
        after: Another one.
        apart: Paths whose values are changes of their own, even where one value lacks what is around them.
        skipped: Paths that are not looked at.
    """
    around = {path[:length] for path in (*apart, *skipped) for length in range(len(path))}
    # Not recursive: a record may be nested as deeply as Python's stack is.
    stack: list[tuple[Path, Any, Any]] = [((), before, after)]
    while stack:
        path, left, right = stack.pop()
        if path in skipped:
            continue
        if path in around:
            left, right = _opened(left, right), _opened(right, left)
        if isinstance(left, dict) and isinstance(right, dict):
            keys = sorted(left.keys() | right.keys(), reverse=True)
            stack += [((*path, key), left.get(key, _ABSENT), right.get(key, _ABSENT)) for key in keys]
        elif (pairs := _pairs(left, right)) is not None:
            stack += [
                ((*path, str(i if j is None else j)), _at(left, i), _at(right, j)) for i, j in reversed(pairs)
            ]
        elif not same(left, right):
            yield path, _change(".".join(path), left, right)


def same(left: Any, right: Any) -> bool:
    """Return whether two plain JSON values are equal, numbers by value."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right)


def _opened(value: Any, other: Any) -> Any:
    """Return an empty mapping in place of nothing, to be compared with a mapping that holds something."""
    return {} if value is _ABSENT and isinstance(other, dict) and other else value


def _pairs(left: Any, right: Any) -> list[Pair] | None:
    return aligned(left, right) if isinstance(left, list) and isinstance(right, list) else None


def _at(items: list[Any], index: int | None) -> Any:
    return _ABSENT if index is None else items[index]


def _change(path: str, left: Any, right: Any) -> Change:
    if left is _ABSENT:
        return Change(path, "added", None, right)
    if right is _ABSENT:
        return Change(path, "removed", left, None)
    return Change(path, "changed", left, right)
