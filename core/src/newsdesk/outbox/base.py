"""What an outbox does, wherever it keeps what is owed."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox.backlog import Group, Total
from newsdesk.outbox.bounds import Bounds
from newsdesk.outbox.entry import Entry, State, Ticket
from newsdesk.outbox.storage.database import BUSY
from newsdesk.outbox.storage.faults import OutboxError

if TYPE_CHECKING:
    from newsdesk.future import Future

_log = logging.getLogger(__name__)


class BaseOutbox(ABC):
    """What is owed to reporters: records and labels, never the parameters of reporters.

    `put` returns when the record is kept. An entry is sent under a claim that expires, so that of several
    senders one has it, and none keeps it who died. Reports are ordered: each takes a `Ticket` before it sends
    (`begin`), and gives it back with what became of it (`settle`, `put` or `end`). The newest revision wins.

    Every method raises an `OutboxError` when the outbox cannot be used, whatever is wrong with it. `within`
    is how many seconds it may wait; `running` says that a call may still write, so that the ticket stays open
    until `end`.
    """

    bounds: Bounds
    """How much it takes."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, for messages."""

    @abstractmethod
    def begin(
        self, labels: Iterable[str], keys: Iterable[MachineKey], *, lease: float, within: float = BUSY
    ) -> list[dict[str, Ticket]]:
        """Give a ticket for each of these machines and reporters, before anything is sent."""

    @abstractmethod
    def is_late(self, ticket: Ticket, *, within: float = BUSY) -> bool:
        """Whether a newer revision was delivered or is owed, so that this one need not be sent."""

    @abstractmethod
    def put(
        self,
        label: str,
        machine: Machine,
        *,
        error: str | None = None,
        ticket: Ticket | None = None,
        running: bool = False,
        within: float = BUSY,
    ) -> int | None:
        """Keep a machine for a reporter, and give its id; None when a newer revision is owed or delivered."""

    @abstractmethod
    def settle(
        self, machine: Machine, ticket: Ticket, *, running: bool = False, within: float = BUSY
    ) -> bool:
        """End a report that was delivered; False when a newer revision was delivered before."""

    @abstractmethod
    def end(self, ticket: Ticket, *, within: float = BUSY) -> None:
        """End a report that was not delivered, and is not to be kept; or one that was put while `running`."""

    def end_after(self, ticket: Ticket, running: Sequence["Future[None]"]) -> None:
        """End a report when the last of its calls that were left behind is done.

        The end of this process ends it as well.
        """

        def end(_: object) -> None:
            if all(call.done() for call in running):
                try:
                    self.end(ticket)
                except OutboxError as error:
                    _log.debug("the report of %s to %s was not ended: %s", ticket.key, ticket.label, error)

        for call in running:
            call.add_done_callback(end)

    @abstractmethod
    def claim(
        self,
        labels: Iterable[str],
        *,
        lease: float,
        limit: int = 1,
        due_by: float = float("inf"),
        run: str | None = None,
        within: float = BUSY,
    ) -> Sequence[Entry]:
        """Claim the entries that have waited longest; nobody else gets them meanwhile."""

    @abstractmethod
    def load(self, entry: Entry) -> Machine:
        """Give an entry's machine; a `DamagedError` when there is none any more."""

    @abstractmethod
    def delivered(self, entry: Entry, *, running: bool = False) -> bool:
        """Take a claimed entry out; False when the claim was lost, or a newer revision was delivered."""

    @abstractmethod
    def release(
        self, entry: Entry, *, error: str, pause: float, counts: bool = True, running: bool = False
    ) -> State | None:
        """Give a claimed entry back that failed; its state now, None when it is not its sender's any more."""

    @abstractmethod
    def bury(self, entry: Entry, *, error: str, running: bool = False) -> bool:
        """Put a claimed entry with the dead; give whether the claim still held."""

    @abstractmethod
    def requeue(self, ids: Iterable[int] | None = None) -> int:
        """Send dead entries again from the start: these, or all; give how many are owed again."""

    @abstractmethod
    def prune(self, *, dead_for: float | None = None) -> Mapping[State, int]:
        """Delete what has been dead for so many seconds, and give how many; then free room."""

    @abstractmethod
    def entries(self, *states: State, labels: Collection[str] | None = None) -> Iterator[Entry]:
        """Give the entries in these states, or all, in the order in which they came.

        Args:
            states: The states.
            labels: Only entries of these reporters; of all, when None.
        """

    @abstractmethod
    def totals(self) -> Mapping[Group, Total]:
        """Sum up the entries of each reporter in each state."""

    def counts(self) -> Mapping[Group, int]:
        """Give how many entries of each reporter are in each state."""
        return {group: total.entries for group, total in self.totals().items()}

    @abstractmethod
    def probe(self) -> None:
        """See by writing whether records can be kept."""

    @abstractmethod
    def shrink(self) -> None:
        """Give free room back, when there is much of it."""

    @abstractmethod
    def close(self) -> None:
        """Close it; what uses it next opens it again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
