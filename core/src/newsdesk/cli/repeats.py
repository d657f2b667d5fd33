"""Pure: keys that stand twice in one object of a JSON text; who reads it takes the last without a word."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from newsdesk.exceptions import Fault


def repeats(data: bytes) -> list[Fault]:
    """Tell each key of a JSON text that stands again in the object that it is in."""
    found = False

    def paired(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        found = True
        return _Repeating(pairs)

    try:
        value = json.loads(data.decode("utf-8-sig", "surrogatepass"), object_pairs_hook=paired)
        return list(_faults(value, "")) if found else []
    except RecursionError:  # deeper than any record may be, which is told of the record
        return []


class _Repeating(dict[str, Any]):
    """An object in which a key stands twice."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        pairs = list(pairs)
        super().__init__(pairs)
        self.repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


def _faults(value: Any, path: str) -> Iterator[Fault]:
    if isinstance(value, _Repeating):
        told = "the key stands there more than once, and only the last would count; keep one"
        yield from (Fault(f"{path}{key}", told) for key in value.repeated)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _faults(item, f"{path}{key}.")
