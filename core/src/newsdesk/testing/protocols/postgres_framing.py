"""PostgreSQL's protocol 3: where requests and answers begin and end."""

import struct
from collections import deque
from collections.abc import Generator

from newsdesk.testing.protocols.framing import Framing
from newsdesk.testing.protocols.stream import Stream

# "Message Formats" in PostgreSQL's manual.
_CANCEL, _TLS, _GSSAPI = 80877102, 80877103, 80877104
_ENDS_OF_REQUEST = {
    b"Q": "query",
    b"S": "sync",
    b"F": "function call",
    b"p": "password",
    b"c": "end of copy",
    b"f": "end of copy",
}
_NO_REQUEST = (b"X", b"H", b"d")  # terminate, flush, a row of a copy
_STATEMENTS = (b"Q", b"P")
_LONGEST_LABEL = 60
_AUTHENTICATED, _LAST_OF_SASL = 0, 12


class PostgresFraming(Framing):
    """PostgreSQL: each message, or series of messages, that a client waits for an answer to.

    An encrypted connection shows nothing: connect with `sslmode=disable`, or to a server without TLS.
    """

    def __init__(self) -> None:
        super().__init__()
        self._started = False
        self._offers: deque[bool] = deque()
        """For each answer to come, whether it is the one byte that answers an offer of encryption."""

    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one request; its label is the beginning of its statement."""
        if not self._started:
            return (yield from self._start(stream))
        label = None
        while True:
            kind, body = yield from _message(stream)
            if kind in _STATEMENTS:
                label = label or _statement(kind, body)
            if kind in _NO_REQUEST:
                return None
            if kind in _ENDS_OF_REQUEST:
                self._offers.append(False)
                return label or _ENDS_OF_REQUEST[kind]

    def answer(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one answer: until the server is ready for another request, or asks for something."""
        if self._offers and self._offers.popleft():
            yield from stream.take(1)
            return "encryption"
        while True:
            kind, body = yield from _message(stream)
            if kind == b"Z":
                return "ready"
            if kind == b"G":
                return "copy"
            if kind == b"R" and struct.unpack_from("!I", body)[0] not in (_AUTHENTICATED, _LAST_OF_SASL):
                return "authentication"

    def skip_answer(self) -> None:
        """Forget the last request."""
        self._offers.pop()

    def _start(self, stream: Stream) -> Generator[None, None, str | None]:
        length, code = struct.unpack("!II", (yield from stream.take(8)))
        yield from stream.take(length - 8)
        if code == _CANCEL:
            return None
        offer = code in (_TLS, _GSSAPI)
        self._started = not offer
        self._offers.append(offer)
        return "offer of encryption" if offer else "startup"


def _message(stream: Stream) -> Generator[None, None, tuple[bytes, bytes]]:
    kind = yield from stream.take(1)
    (length,) = struct.unpack("!I", (yield from stream.take(4)))
    return kind, (yield from stream.take(length - 4))


def _statement(kind: bytes, body: bytes) -> str:
    """Give the beginning of an SQL statement; a prepared one is preceded by its name."""
    text = body.split(b"\0")[0 if kind == b"Q" else 1]
    return " ".join(text.decode("utf-8", "replace").split())[:_LONGEST_LABEL]
