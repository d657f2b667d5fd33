"""A machine that is owed to a reporter."""

import enum
from dataclasses import dataclass

from newsdesk.machine import MachineKey


class State(enum.StrEnum):
    """What an entry is waiting for."""

    OWED = "owed"
    """To be sent."""
    CLAIMED = "claimed"
    """To be sent, by somebody who is at it."""
    DEAD = "dead"
    """For a person: it failed for good, or too often."""
    SUPERSEDED = "superseded"
    """Nothing: a newer revision of the machine took its place."""


@dataclass(frozen=True)
class Entry:
    """A machine that is owed to a reporter, without its record."""

    id: int
    """Its number in the outbox, in the order in which entries came."""
    label: str
    """The reporter's label."""
    key: MachineKey
    """Which machine."""
    revision: str
    """Which content of it."""
    state: State
    """What it is waiting for."""
    attempts: int
    """How often it was sent in vain."""
    error: str | None
    """Why, the last time."""
    created: float
    """When it came, as seconds since 1970."""
    size: int
    """Bytes of the record that is kept; 0 when it is not needed any more."""
    claim: str | None = None
    """The token of who is at it."""
