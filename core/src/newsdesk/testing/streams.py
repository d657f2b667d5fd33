"""Bytes that come in pieces, read as if they were all there."""

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple


class Unit(NamedTuple):
    """What belongs together on the wire."""

    data: bytes
    """The bytes, as they came."""
    label: str | None
    """What it is, for people; None, when it is no request, or no answer to one."""


Parse = Callable[["Stream"], Generator[None, None, str | None]]
"""Reads one unit of a stream, by `yield from` its `take` and `through`, and returns its label."""


class Stream:
    """One direction of a connection, cut into units.

    Args:
        parse: Reads one unit; run again for each.
    """

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._buffer = bytearray()
        self._position = 0
        self._parser: Generator[None, None, str | None] | None = None

    def feed(self, data: bytes) -> Iterator[Unit]:
        """Give the units that are whole with these bytes."""
        self._buffer += data
        while self._buffer:
            parser = self._parser or self._parse(self)
            try:
                next(parser)
            except StopIteration as done:
                yield self._cut(done.value)
            else:
                self._parser = parser
                return

    def rest(self) -> bytes:
        """Take the beginning of a unit that will never be whole."""
        return self._cut(None, len(self._buffer)).data

    def take(self, count: int) -> Generator[None, None, bytes]:
        """Read so many bytes."""
        while len(self._buffer) < self._position + count:
            yield
        return self._read(self._position + count)

    def through(self, mark: bytes) -> Generator[None, None, bytes]:
        """Read as far as the next mark, and the mark with it."""
        start = self._position
        while (found := self._buffer.find(mark, start)) < 0:
            start = max(self._position, len(self._buffer) - len(mark) + 1)
            yield
        return self._read(found + len(mark))

    def all(self) -> bytes:
        """Read what is there."""
        return self._read(len(self._buffer))

    def _read(self, end: int) -> bytes:
        data = bytes(self._buffer[self._position : end])
        self._position = end
        return data

    def _cut(self, label: str | None, end: int | None = None) -> Unit:
        end = self._position if end is None else end
        unit = Unit(bytes(self._buffer[:end]), label)
        del self._buffer[:end]
        self._position, self._parser = 0, None
        return unit
