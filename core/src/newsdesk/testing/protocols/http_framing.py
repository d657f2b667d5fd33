"""HTTP/1.1: where requests and answers begin and end, as h11 reads them."""

from collections import deque
from collections.abc import Generator

import h11

from newsdesk.testing.protocols.framing import Framing
from newsdesk.testing.protocols.stream import Stream

_LONGEST_HEAD = 1 << 20
"""Bytes; h11 allows 16 KiB by default, but what is too long is for the server to refuse."""
_CONTINUE = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")


class HttpFraming(Framing):
    """HTTP/1.1 on kept connections, with bodies of a known length or in chunks.

    A request is passed on once it is complete. A client that sends `Expect: 100-continue` gets its
    `100 Continue` from the proxy, and that of the server, which comes too late to matter, is dropped.
    """

    def __init__(self) -> None:
        super().__init__()
        self._methods: deque[str] = deque()
        self._interim = b""

    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one request; its label is its method and path, without the query."""
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
        head = yield from self._event(parser, stream)
        assert isinstance(head, h11.Request)  # noqa: S101  (or h11 has raised)
        while not isinstance((yield from self._event(parser, stream)), h11.EndOfMessage):
            pass
        stream.unread(len(parser.trailing_data[0]))
        method, target = head.method.decode(), head.target.decode("latin-1")
        self._methods.append(method)
        return f"{method} {target.partition('?')[0]}"

    def answer(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one answer; its label is its status."""
        while True:
            parser = _parser_of_answer(self._methods[0] if self._methods else "GET")
            head = yield from self._event(parser, stream)
            if not isinstance(head, h11.InformationalResponse):
                break
            stream.unread(len(parser.trailing_data[0]))
            if head.status_code != _CONTINUE.status_code:
                return None
            stream.drop()
        assert isinstance(head, h11.Response)  # noqa: S101  (or h11 has raised)
        while not isinstance((yield from self._event(parser, stream)), h11.EndOfMessage):
            pass
        stream.unread(len(parser.trailing_data[0]))
        if self._methods:
            self._methods.popleft()
        return str(head.status_code)

    def interim_answer(self) -> bytes:
        """Give `100 Continue`, when the client waits for it."""
        interim, self._interim = self._interim, b""
        return interim

    def skip_answer(self) -> None:
        """Forget the method of the last request."""
        self._methods.pop()

    def _event(self, parser: h11.Connection, stream: Stream) -> Generator[None, None, h11.Event]:
        # What is not an event is NEED_DATA: PAUSED only comes after the end of a message.
        while not isinstance(event := parser.next_event(), h11.Event):
            if parser.they_are_waiting_for_100_continue:
                self._interim = parser.send(_CONTINUE) or b""
            parser.receive_data((yield from stream.some()))
        return event


def _parser_of_answer(method: str) -> h11.Connection:
    """Give a parser that knows the request: whether an answer has a body depends on it."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "any")]))
    parser.send(h11.EndOfMessage())
    return parser
