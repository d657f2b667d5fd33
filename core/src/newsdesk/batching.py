"""Pure: split items into the fewest batches that keep to limits of count and bytes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from newsdesk.exceptions import PermanentReporterError

T = TypeVar("T")


class ItemTooLargeError(PermanentReporterError):
    """An item that fits in no batch, however small the batch is."""

    def __init__(self, item: object, index: int, size: int, limit: int) -> None:
        self.item, self.index, self.size, self.limit = item, index, size, limit
        super().__init__(
            f"item {index} needs {size} bytes, and a batch holds at most {limit}: "
            f"{_shown(item)}; shorten it, or raise the limit"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.item, self.index, self.size, self.limit), self.__dict__


@dataclass(frozen=True, slots=True)
class Limits:
    """What one batch may hold; None means no limit."""

    total: int | None = None
    """Items of all kinds together."""
    size: int | None = None
    """Bytes, of all items and the batch's own overhead together."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Items of each kind; a kind that is not named is not limited."""

    def __post_init__(self) -> None:
        numbers = {"total": self.total, "size": self.size, **self.kinds}
        for name, number in numbers.items():
            if number is not None and number < 1:
                raise ValueError(
                    f"the limit {name!r} must be at least 1, but is {number}; use None for no limit"
                )


def split(
    items: Sequence[T],
    limits: Limits,
    *,
    kind: Callable[[T], str] | None = None,
    size: Callable[[T], int] | None = None,
    overhead: int = 0,
) -> Iterator[list[T]]:
    """Split `items` in their order into batches, each as full as the limits allow.

    Filling each batch before the next one gives the fewest batches possible in this order.

    Args:
        items: What to split. Nothing is lost, repeated or moved.
        limits: What a batch may hold.
        kind: Gives an item's kind; needed when `limits.kinds` is not empty.
        size: Gives an item's size in bytes, with what separates it from the next; needed for `limits.size`.
        overhead: Bytes of an empty batch.

    Raises:
        ItemTooLargeError: an item alone is over `limits.size`; raised before the batch that it would be in.
        ValueError: a limit without the function that it needs.
    """
    if limits.kinds and kind is None:
        raise ValueError("limits by kind need the function `kind`")
    if limits.size is not None and size is None:
        raise ValueError("a limit of bytes needs the function `size`")
    if not limits.kinds and limits.size is None:
        return _slices(items, limits.total)
    return _fill(items, limits, kind, size, overhead)


def _slices(items: Sequence[T], total: int | None) -> Iterator[list[T]]:
    step = total or len(items) or 1
    for start in range(0, len(items), step):
        yield list(items[start : start + step])


def _fill(
    items: Sequence[T],
    limits: Limits,
    kind: Callable[[T], str] | None,
    size: Callable[[T], int] | None,
    overhead: int,
) -> Iterator[list[T]]:
    total = limits.total if limits.total is not None else len(items)
    room = limits.size
    start, used, counts = 0, overhead, dict.fromkeys(limits.kinds, 0)
    for index, item in enumerate(items):
        needed = size(item) if size is not None and room is not None else 0
        if room is not None and overhead + needed > room:
            raise ItemTooLargeError(item, index, overhead + needed, room)
        its_kind = kind(item) if kind is not None else ""
        if (
            index - start >= total
            or (room is not None and used + needed > room)
            or (its_kind in counts and counts[its_kind] >= limits.kinds[its_kind])
        ):
            yield list(items[start:index])
            start, used, counts = index, overhead, dict.fromkeys(limits.kinds, 0)
        used += needed
        if its_kind in counts:
            counts[its_kind] += 1
    if start < len(items):
        yield list(items[start:])


_SHOWN = 200
"""Characters of an item that a message shows."""


def _shown(item: object) -> str:
    text = repr(item)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
