"""The state of one machine at one reporter: its last numbers, its open tickets, its entries."""

import json
import math
import secrets
from dataclasses import dataclass, field
from typing import Any, Self

from newsdesk.machine import MachineKey
from newsdesk.outbox.entry import Entry, State
from newsdesk.outbox.objects import instant
from newsdesk.outbox.storage.faults import OutboxError

_FORMAT = 1


class StaleError(Exception):
    """A state cannot be written before it was read again: it has times that are not known yet."""


@dataclass(frozen=True)
class StoredEntry(Entry):
    """An entry with the place of its record."""

    record: str = ""
    """The path of its record."""


@dataclass
class OpenTicket:
    """A report in flight."""

    id: int
    number: int
    process: str
    opened: float
    lease: float
    crossed: bool = False


@dataclass
class Row:
    """An entry, as its machine's state has it."""

    id: int
    number: int
    revision: str
    size: int
    state: State
    created: float
    due: float
    delivered: bool = False
    attempts: int = 0
    error: str | None = None
    claim: int | None = None
    run: str | None = None
    record: str = ""


@dataclass
class MachineState:
    """What a machine's object holds."""

    label: str
    key: MachineKey
    number: int = 0
    """The last number that was given."""
    ticket: int = 0
    """The last id of a ticket."""
    tickets: list[OpenTicket] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def parse(cls, content: bytes, modified: float, path: str) -> Self:
        """Read a state.

        Args:
            content: The object.
            modified: When it was written; `instant.UNKNOWN` for what this process has just written.
            path: Its path, for the message.

        Raises:
            OutboxError: it is damaged, or of a newer version.
        """
        try:
            held: dict[str, Any] = json.loads(content)
            if held["format"] != _FORMAT:
                raise OutboxError(f"{path} was written by a newer newsdesk; update this one")
            return cls(
                held["label"],
                MachineKey(held["project_name"], held["name"]),
                int(held["number"]),
                int(held["ticket"]),
                [_ticket(each, modified) for each in held["tickets"]],
                [_row(each, modified) for each in held["entries"]],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise OutboxError(
                f"{path} is damaged: {type(error).__name__}: {error}; delete it, and report the machine again"
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, with times as they are kept."""
        return {
            "format": _FORMAT,
            "label": self.label,
            "project_name": self.key.project_name,
            "name": self.key.name,
            "number": self.number,
            "ticket": self.ticket,
            "tickets": [{**vars(each), "opened": instant.encode(each.opened)} for each in self.tickets],
            "entries": [
                {**vars(each), "created": instant.encode(each.created), "due": instant.encode(each.due)}
                for each in self.rows
            ],
        }

    def dump(self) -> bytes:
        """Give the object to write; never the same twice, so that its tag tells writes apart.

        Raises:
            StaleError: it has times that are not known.
        """
        times = [each.opened for each in self.tickets]
        times += [time for each in self.rows for time in (each.created, each.due)]
        if any(map(math.isnan, times)):
            raise StaleError
        return json.dumps({**self.to_dict(), "write": secrets.token_hex(8)}).encode()

    def entry(self, row: Row, state: State | None = None) -> StoredEntry:
        """Give an entry as the rules and callers see it."""
        return StoredEntry(
            id=row.id,
            number=row.number,
            label=self.label,
            key=self.key,
            revision=row.revision,
            state=state or row.state,
            attempts=row.attempts,
            error=row.error,
            created=row.created,
            due=row.due,
            size=row.size,
            claim=row.claim,
            record=row.record,
        )


def _ticket(held: dict[str, Any], modified: float) -> OpenTicket:
    return OpenTicket(**{**held, "opened": instant.decode(held["opened"], modified)})


def _row(held: dict[str, Any], modified: float) -> Row:
    times = {name: instant.decode(held[name], modified) for name in ("created", "due")}
    return Row(**{**held, **times, "state": State(held["state"])})
