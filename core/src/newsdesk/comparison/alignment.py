"""Which item of one list is which item of another: an inserted one does not change those after it."""

from collections import Counter
from collections.abc import Sequence
from difflib import Match, SequenceMatcher
from typing import Any

from newsdesk import canonical

MOST_WORK = 1_000_000
"""Comparisons of items, at most: aligning lists costs up to the square of their length, or more."""
MOST_CHANGED = 1_000
"""Items that are changed, added or removed, at most; a list with more has changed as a whole."""

Pair = tuple[int | None, int | None]
"""The index of an item in either list; None where the list does not have it."""


def aligned(before: Sequence[Any], after: Sequence[Any]) -> list[Pair] | None:
    """Return the pairs of items to compare, in order; None when too little of the lists is the same.

    An item is found again by what names it: a text; the only key of a mapping, as in a definition of a model;
    its `name`; the first text of a list; or all of it. Where some items are replaced by as many others, they
    are paired one by one; else they are removed and added.

    The pairs of `after` and `before` are the same, swapped.
    """
    left, right = [_name(item) for item in before], [_name(item) for item in after]
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    pairs = _middle(left[start : len(left) - end], right[start : len(right) - end])
    if pairs is None:
        return None
    shifted = [(i if i is None else i + start, j if j is None else j + start) for i, j in pairs]
    ends = zip(range(len(left) - end, len(left)), range(len(right) - end, len(right)), strict=True)
    return [*((i, i) for i in range(start)), *shifted, *ends]


def _common(left: Sequence[Any], right: Sequence[Any]) -> int:
    """Return how many items at the beginning of both are the same."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(left), len(right)))


def _middle(left: list[Any], right: list[Any]) -> list[Pair] | None:
    # The matcher may pair differently the other way around.
    if (len(right), repr(right)) < (len(left), repr(left)):
        pairs = _middle(right, left)
        return None if pairs is None else [(j, i) for i, j in pairs]
    try:
        blocks = _Matcher(left, right).get_opcodes()
    except _TooMuchError:
        return _in_place(left, right)
    pairs, changed = [], 0
    for operation, i1, i2, j1, j2 in blocks:
        removed, added = range(i1, i2), range(j1, j2)
        changed += 0 if operation == "equal" else max(len(removed), len(added))
        if len(removed) == len(added):
            pairs += zip(removed, added, strict=True)
        else:
            pairs += [*((i, None) for i in removed), *((None, j) for j in added)]
    return pairs if changed <= MOST_CHANGED else None


class _TooMuchError(Exception):
    """The lists are too long and too different to be aligned."""


class _Matcher(SequenceMatcher[Any]):
    """Aligns two lists, and gives up where that takes too long."""

    def __init__(self, left: list[Any], right: list[Any]) -> None:
        others = Counter(right)
        self._length, self._cost = len(left), 1 + sum(others[name] for name in left) / max(len(left), 1)
        self._work = 0.0
        super().__init__(None, left, right, autojunk=False)

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, *rest: Any) -> Match:
        """Find a block; see `difflib.SequenceMatcher`."""
        self._work += self._cost * ((self._length if ahi is None else ahi) - alo)
        if self._work > MOST_WORK:
            raise _TooMuchError
        return super().find_longest_match(alo, ahi, *rest)


def _in_place(left: list[Any], right: list[Any]) -> list[Pair] | None:
    """Pair the items of equal lists by their place, if few of them differ."""
    if len(left) != len(right) or sum(x != y for x, y in zip(left, right, strict=True)) > MOST_CHANGED:
        return None
    return [(i, i) for i in range(len(left))]


def _name(item: Any) -> Any:
    """Return what names an item of a list."""
    if isinstance(item, dict):
        if len(item) == 1:
            return next(iter(item))
        if isinstance(item.get("name"), str):
            return "name", item["name"]
    elif isinstance(item, list):
        if item and isinstance(item[0], str):
            return "first", item[0]
    elif not isinstance(item, bool):
        return item
    return "whole", canonical.dumps(item)
