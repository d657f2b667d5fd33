"""What can go wrong between a client and a server."""

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
    """Nobody listens; connections that were open are reset at their next request. It lasts until cleared."""


@dataclass(frozen=True)
class Reset:
    """A connection is reset when it comes, or at its next request where it is open already."""


@dataclass(frozen=True)
class BlackHole:
    """A connection is accepted and what comes is read, but never passed on, and nothing is ever answered."""


@dataclass(frozen=True)
class Delay:
    """A request is passed on late."""

    seconds: float
    """How late."""


@dataclass(frozen=True)
class Cut:
    """A connection is reset at one request."""

    request: int = 1
    """Which one, of all requests of all connections from now on; the first is 1."""
    moment: Moment = Moment.BEFORE
    """When."""
    meanwhile: Callable[[str], None] | None = None
    """Called with what the request is called, just before the connection is cut."""


@dataclass(frozen=True)
class CutBytes:
    """A connection is reset when a number of bytes went through, counted from its next request on."""

    count: int
    """How many still go through."""
    direction: Literal["up", "down"] = "up"
    """`up` from the client to the server, `down` back."""


@dataclass(frozen=True)
class Answer:
    """A request is answered in the server's place, and never reaches it."""

    data: bytes
    """The answer, as it goes over the wire."""
    label: str = "answer"
    """What it is, for people."""
    close: bool = False
    """Whether the connection ends with it."""


Fault = Refuse | Reset | BlackHole | Delay | Cut | CutBytes | Answer
"""Any of them."""
