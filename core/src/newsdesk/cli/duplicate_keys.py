"""Pure: keys that an object of a JSON text has more than once; a JSON parser silently takes the last."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from newsdesk.exceptions import Fault


def duplicate_keys(data: bytes) -> list[Fault]:
    """Give a fault for each key that an object has more than once."""
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
    except RecursionError:  # deeper than any record may be, which is a separate error
        return []


class _Repeating(dict[str, Any]):
    """An object that has a key more than once."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        pairs = list(pairs)
        super().__init__(pairs)
        self.repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


def _faults(value: Any, path: str) -> Iterator[Fault]:
    if isinstance(value, _Repeating):
        text = "duplicate key; keep one"
        yield from (Fault(f"{path}{key}", text) for key in value.repeated)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _faults(item, f"{path}{key}.")
