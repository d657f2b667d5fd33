"""HTTP/1.1: its requests and answers, and answers to give in a server's place."""

import json
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import replace
from email.utils import formatdate

from newsdesk.testing.faults import Answer
from newsdesk.testing.framing import Framing
from newsdesk.testing.streams import Stream

_REASONS = {
    200: "OK",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"


class HttpFraming(Framing):
    """HTTP/1.1 with kept connections, by Content-Length and by chunks.

    A request is passed on when it is whole: whoever waits for `100 Continue` waits in vain.
    """

    def __init__(self) -> None:
        super().__init__()
        self._methods: deque[str] = deque()

    def request(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one request; it is called by its method and path, without the query."""
        start, headers = _parsed((yield from stream.through(b"\r\n\r\n")))
        yield from _body(stream, headers, otherwise=0)
        method, _, target = start.partition(" ")
        self._methods.append(method)
        return f"{method} {target.partition(' ')[0].partition('?')[0]}"

    def answer(self, stream: Stream) -> Generator[None, None, str | None]:
        """Read one answer; it is called by its status."""
        start, headers = _parsed((yield from stream.through(b"\r\n\r\n")))
        status = int(start.split()[1])
        if status < 200:  # noqa: PLR2004  (the answer proper is still to come: RFC 9110, 15.2)
            return None
        method = self._methods.popleft() if self._methods else ""
        if method != "HEAD" and status not in (204, 304):
            yield from _body(stream, headers, otherwise=None)
        return str(status)


def http_answer(
    status: int,
    *,
    retry_after: float | str | None = None,
    body: str | None = None,
    content_type: str | None = None,
) -> Answer:
    """Give an answer of HTTP to give in a server's place.

    Args:
        status: Its status.
        retry_after: What the header Retry-After says: seconds, or a date.
        body: By default what a server of that status might tell, as JSON.
        content_type: By default that of JSON.
    """
    reason = _REASONS.get(status, "Status")
    text = json.dumps({"error": reason}) if body is None else body
    return _answer(f"{status} {reason}", content_type or "application/json", text, retry_after)


def html_answer(status: int = 200) -> Answer:
    """Give the page of somebody who is not the server: a portal that asks to sign in."""
    page = http_answer(status, body=_PAGE, content_type="text/html; charset=utf-8")
    return replace(page, label=f"{page.label}, a page of HTML that asks to sign in")


def _answer(status: str, content_type: str, text: str, retry_after: float | str | None) -> Answer:
    body = text.encode()
    headers = {
        "Date": formatdate(usegmt=True),
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
    }
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return Answer("\r\n".join(lines).encode() + body, label=status)


def _parsed(head: bytes) -> tuple[str, Mapping[str, str]]:
    first, *lines = head.decode("latin-1").strip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _body(
    stream: Stream, headers: Mapping[str, str], *, otherwise: int | None
) -> Generator[None, None, None]:
    """Read a body; `otherwise` is its length where nothing tells it, None for all until the end."""
    if headers.get("transfer-encoding", "").lower().endswith("chunked"):
        yield from _chunks(stream)
    elif "content-length" in headers:
        yield from stream.take(int(headers["content-length"]))
    elif otherwise is not None:
        yield from stream.take(otherwise)
    else:
        while True:
            yield


def _chunks(stream: Stream) -> Generator[None, None, None]:
    while size := int((yield from stream.through(b"\r\n")).partition(b";")[0], 16):
        yield from stream.take(size + 2)
    while (yield from stream.through(b"\r\n")) != b"\r\n":  # trailers
        pass
