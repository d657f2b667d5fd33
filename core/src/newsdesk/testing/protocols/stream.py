"""Reads bytes that come in pieces as if all of them were there."""

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple


class Frame(NamedTuple):
    """What belongs together on the wire: a request, an answer, or something between them."""

    data: bytes
    """The bytes, as they came."""
    label: str | None
    """What it is, for people; None, when it is neither a request nor the answer to one."""


Parse = Callable[["Stream"], Generator[None, None, str | None]]
"""Reads one frame of a stream, by `yield from` its `take` and `through`, and returns its label."""


class Stream:
    """One direction of a connection, divided into frames.

    Args:
        parse: Reads one frame; run again for each.
    """

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._buffer = bytearray()
        self._position = 0
        self._parser: Generator[None, None, str | None] | None = None

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Give the frames that are complete with these bytes."""
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
        """Take the beginning of a frame that will never be complete."""
        return self._cut(None, len(self._buffer)).data

    def take(self, count: int) -> Generator[None, None, bytes]:
        """Read so many bytes."""
        while len(self._buffer) < self._position + count:
            yield
        return self._read(self._position + count)

    def some(self) -> Generator[None, None, bytes]:
        """Read all that has come, and at least one byte."""
        while len(self._buffer) == self._position:
            yield
        return self._read(len(self._buffer))

    def unread(self, count: int) -> None:
        """Give back the last bytes that were read: they belong to the next frame."""
        self._position -= count

    def drop(self) -> None:
        """Forget what was read of this frame, so that it is not passed on."""
        del self._buffer[: self._position]
        self._position = 0

    def _read(self, end: int) -> bytes:
        data = bytes(self._buffer[self._position : end])
        self._position = end
        return data

    def _cut(self, label: str | None, end: int | None = None) -> Frame:
        end = self._position if end is None else end
        frame = Frame(bytes(self._buffer[:end]), label)
        del self._buffer[:end]
        self._position, self._parser = 0, None
        return frame
