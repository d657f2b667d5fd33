"""How the bytes of a protocol divide into requests and answers."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator

from newsdesk.testing.protocols.stream import Frame, Stream


class Framing(ABC):
    """A protocol, as far as a proxy must know it; one object for each connection.

    A subclass reads one request, and one answer, from a stream that seems to have all bytes.
    """

    def __init__(self) -> None:
        self._up = Stream(self.request)
        self._down = Stream(self.answer)

    @abstractmethod
    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one request, and return its label.

        None is for what is not a request: the client does not wait for an answer to it.
        """

    @abstractmethod
    def answer(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one complete answer, and return its label; None is for what precedes the answer."""

    def sent(self, data: bytes) -> Iterator[Frame]:
        """Take bytes from the client; give the complete frames."""
        return self._up.feed(data)

    def answered(self, data: bytes) -> Iterator[Frame]:
        """Take bytes from the server; give the complete frames."""
        return self._down.feed(data)

    def rest_sent(self) -> bytes:
        """Give what the client has left unfinished."""
        return self._up.rest()

    def rest_answered(self) -> bytes:
        """Give what the server has left unfinished."""
        return self._down.rest()

    def interim_answer(self) -> bytes:
        """Give, once, what the client waits for before it sends the rest of its request; mostly nothing."""
        return b""

    def skip_answer(self) -> None:  # noqa: B027  (nothing to do where no state depends on it)
        """Expect no answer to the last request: the proxy has answered it."""


class Bursts(Framing):
    """An unknown protocol: what a client sends before the server answers counts as one request.

    Of a request that comes in pieces only the first piece counts, and only the first piece of an answer: the
    boundary between them is not known.
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked = False

    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Take what has come."""
        yield from stream.some()
        first, self._asked = not self._asked, True
        return "burst" if first else None

    def answer(self, stream: Stream) -> Generator[None, None, str | None]:
        """Take what has come."""
        yield from stream.some()
        first, self._asked = self._asked, False
        return "burst" if first else None

    def skip_answer(self) -> None:
        """Take what comes next for a request."""
        self._asked = False
