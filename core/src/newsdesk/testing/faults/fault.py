"""The faults that a proxy can make between a client and a server."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


class Moment(enum.StrEnum):
    """When a connection is cut, seen from one request."""

    BEFORE = "before"
    """The client has sent all of it, the server has seen nothing."""
    WITHIN = "within"
    """The server has seen half of it."""
    AFTER = "after"
    """The server has answered, the client has seen nothing of that."""
    ANSWER = "answer"
    """The client has seen half of the answer."""


@dataclass(frozen=True)
class Refuse:
    """New connections are refused, and open ones reset at their next request, until it is cleared."""


@dataclass(frozen=True)
class Reset:
    """A new connection is reset at once, an open one at its next request."""


@dataclass(frozen=True)
class BlackHole:
    """A connection is accepted and read, but nothing is passed on and nothing is ever answered."""


@dataclass(frozen=True)
class Delay:
    """A request is passed on after a delay."""

    seconds: float
    """The delay."""


@dataclass(frozen=True)
class Cut:
    """A connection is reset at one request."""

    request: int = 1
    """Which one, of all requests of all connections from now on; the first is 1."""
    moment: Moment = Moment.BEFORE
    """When."""
    meanwhile: Callable[[str], None] | None = None
    """Called with the label of the request, just before the connection is cut."""


@dataclass(frozen=True)
class CutBytes:
    """A connection is reset after a number of bytes, counted from its next request on."""

    count: int
    """The number of bytes that still go through."""
    direction: Literal["up", "down"] = "up"
    """`up` from the client to the server, `down` back."""


@dataclass(frozen=True)
class Answer:
    """A request is answered by the proxy, and never reaches the server."""

    data: bytes
    """The answer, as it goes over the wire."""
    label: str = "answer"
    """What it is, for people."""
    close: bool = False
    """Whether the connection ends with it."""
    request: int = 1
    """Which request it answers, of all from now on that contain `within`; the first is 1."""
    within: bytes = b""
    """What a request must contain to be answered so."""


Fault = Refuse | Reset | BlackHole | Delay | Cut | CutBytes | Answer
"""Any of them."""
