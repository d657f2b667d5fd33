"""How the bytes of a protocol fall into requests and answers."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator

from newsdesk.testing.streams import Stream, Unit


class Framing(ABC):
    """A protocol, as far as a proxy must know it; one object for each connection.

    A subclass reads one request, and one answer, from a stream that has all bytes; this cuts what really
    comes.
    """

    def __init__(self) -> None:
        self._up = Stream(self.request)
        self._down = Stream(self.answer)

    @abstractmethod
    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read what a client waits for an answer to, and return what to call it.

        None is for what is no request: nobody waits for an answer to it.
        """

    @abstractmethod
    def answer(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read a whole answer, and return what to call it; None is for what comes before it."""

    def sent(self, data: bytes) -> Iterator[Unit]:
        """Take bytes from the client; give what is whole."""
        return self._up.feed(data)

    def answered(self, data: bytes) -> Iterator[Unit]:
        """Take bytes from the server; give what is whole."""
        return self._down.feed(data)

    def rest_sent(self) -> bytes:
        """Give what the client has left unfinished."""
        return self._up.rest()

    def rest_answered(self) -> bytes:
        """Give what the server has left unfinished."""
        return self._down.rest()


class Bursts(Framing):
    """A protocol that is not known: what a client sends before the server answers counts as one request.

    Of a request that comes in pieces only the first piece counts, and only the first piece of an answer:
    between them nobody can tell where a boundary is.
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked = False

    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Take what is there."""
        yield from ()
        stream.all()
        first, self._asked = not self._asked, True
        return "burst" if first else None

    def answer(self, stream: Stream) -> Generator[None, None, str | None]:
        """Take what is there."""
        yield from ()
        stream.all()
        first, self._asked = self._asked, False
        return "burst" if first else None
