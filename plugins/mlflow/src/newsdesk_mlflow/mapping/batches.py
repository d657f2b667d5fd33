"""Pure: items in as few `log_batch` requests as a server's limits allow."""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from newsdesk.batching import Limits, split

from newsdesk_mlflow.limits import ServerLimits

# {"run_uuid": …, "run_id": …, "metrics": [], "params": [], "tags": []} takes 150; the rest is for fields to
# come.
ENVELOPE_BYTES = 1024
# What a client may add to a metric: "timestamp", and the model that the user has made the active one.
_METRIC_EXTRA_BYTES = 120


class Batch(NamedTuple):
    """What goes into one request."""

    metrics: list[Any]
    params: list[Any]
    tags: list[Any]


class _Entry(NamedTuple):
    kind: str
    item: Any


def batches(
    metrics: Sequence[Any], params: Sequence[Any], tags: Sequence[Any], limits: ServerLimits
) -> Iterator[Batch]:
    """Split items into requests, all kinds mixed: one request of three kinds beats three of one.

    Args:
        metrics: Anything with `key`, `value` and `step`.
        params: Anything with `key` and `value`.
        tags: Anything with `key` and `value`.
        limits: What one request may hold.

    Raises:
        ItemTooLargeError: an item that fits in no request.
    """
    kinds = {"metrics": limits.metrics, "params": limits.params, "tags": limits.tags}
    bounds = Limits(total=limits.total, size=limits.request_bytes - 1, kinds=kinds)
    entries = _arranged({"tags": tags, "params": params, "metrics": metrics}, kinds)
    for batch in split(entries, bounds, kind=_kind, size=_size, overhead=ENVELOPE_BYTES):
        chosen: dict[str, list[Any]] = {kind: [] for kind in kinds}
        for entry in batch:
            chosen[entry.kind].append(entry.item)
        yield Batch(**chosen)


def body_size(batch: Batch) -> int:
    """Give the bytes that a request takes, about."""
    return ENVELOPE_BYTES + sum(
        _size(_Entry(kind, item)) for kind in Batch._fields for item in getattr(batch, kind)
    )


def _arranged(items: dict[str, Sequence[Any]], kinds: dict[str, int]) -> list[_Entry]:
    """Put the kinds in turns, each as long as one request may hold, so that an ordered split mixes them."""
    turns = [
        (index // kinds[kind], _Entry(kind, item))
        for kind, sequence in items.items()
        for index, item in enumerate(sequence)
    ]
    return [entry for _, entry in sorted(turns, key=lambda turn: turn[0])]


def _kind(entry: _Entry) -> str:
    return entry.kind


def _size(entry: _Entry) -> int:
    """Give the bytes of an item on the wire, where JSON is ASCII and a comma and a space part the items."""
    item = entry.item
    if entry.kind != "metrics":
        return len(json.dumps({"key": item.key, "value": item.value}, default=str)) + 2
    # There are a hundred thousand of them, and few keys.
    numbers = len(repr(item.value)) + len(repr(item.step))
    return len('{"key": , "value": , "step": }, ') + _key_size(item.key) + numbers + _METRIC_EXTRA_BYTES


@lru_cache(maxsize=1024)
def _key_size(key: str) -> int:
    return len(json.dumps(key))
