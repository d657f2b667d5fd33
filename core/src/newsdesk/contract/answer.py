"""What became of a call to a reporter: its receipt, and what may still be running."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsdesk.contract.receipt import Receipt

if TYPE_CHECKING:
    from newsdesk.future import Future

PATIENCE = 3
"""Failures in a row after which a backend counts as down, and nothing more is sent there for now."""


@dataclass(frozen=True)
class Answer:
    """What a reporter answered of one machine."""

    receipt: Receipt
    """The receipt, before anything is kept in an outbox."""
    running: Sequence["Future[None]"] = ()
    """Calls that were left behind with this machine: until they are done, they may still write it."""
