"""PostgreSQL's protocol 3: its requests and answers, and errors to give in a server's place."""

import struct
from collections import deque
from collections.abc import Generator

from newsdesk.testing.faults import Answer
from newsdesk.testing.framing import Framing
from newsdesk.testing.streams import Stream

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
        """Whether each answer to come is the one byte that an offer of encryption gets."""

    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one request; it is called by the beginning of its statement."""
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

    def _start(self, stream: Stream) -> Generator[None, None, str | None]:
        length, code = struct.unpack("!II", (yield from stream.take(8)))
        yield from stream.take(length - 8)
        if code == _CANCEL:
            return None
        offer = code in (_TLS, _GSSAPI)
        self._started = not offer
        self._offers.append(offer)
        return "offer of encryption" if offer else "startup"


def postgres_error(state: str, message: str, *, severity: str = "ERROR") -> Answer:
    """Give an error of PostgreSQL to give in a server's place.

    Args:
        state: Its SQLSTATE, such as 53300 for too many connections.
        message: What it tells.
        severity: After FATAL the connection is over, as it is with every error that answers a startup.
    """
    fields = {"S": severity, "V": severity, "C": state, "M": message}
    body = b"".join(f"{field}{value}\0".encode() for field, value in fields.items()) + b"\0"
    fatal = severity == "FATAL"
    ready = b"" if fatal else b"Z" + struct.pack("!I", 5) + b"I"
    error = b"E" + struct.pack("!I", len(body) + 4) + body
    return Answer(error + ready, label=f"SQLSTATE {state}", close=fatal)


def _message(stream: Stream) -> Generator[None, None, tuple[bytes, bytes]]:
    kind = yield from stream.take(1)
    (length,) = struct.unpack("!I", (yield from stream.take(4)))
    return kind, (yield from stream.take(length - 4))


def _statement(kind: bytes, body: bytes) -> str:
    """Give the beginning of an SQL statement; before a parsed one stands its name."""
    text = body.split(b"\0")[0 if kind == b"Q" else 1]
    return " ".join(text.decode("utf-8", "replace").split())[:_LONGEST_LABEL]
