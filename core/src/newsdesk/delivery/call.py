"""A call to a reporter that was begun, and the reporter with its thread."""

import dataclasses
import threading
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.outcome import Outcome
from newsdesk.future import Future
from newsdesk.worker import Worker

if TYPE_CHECKING:
    from newsdesk.plugins.around import Around


@dataclasses.dataclass(eq=False)
class Instance:
    """A reporter and its thread, for as long as it does not hang."""

    reporter: BaseReporter
    """The reporter; no other thread uses it."""
    is_ours: bool
    """Whether we close it; one that came open is its owner's to close."""
    worker: Worker
    """Its thread."""
    is_prepared: bool = False
    """Whether its `prepare()` was asked for."""
    stopped: threading.Event = dataclasses.field(default_factory=threading.Event)
    """Set when nothing is to be tried again."""
    is_left: bool = False
    """Whether it was left behind, since it hangs: what it was asked is asked of another instance."""
    endings: set[Callable[[], None]] = dataclasses.field(default_factory=set)
    """What its thread has to end before it closes the reporter: listings that were not read to their end."""

    def end(self) -> None:
        """End what was begun, and close the reporter if it is ours; in its thread."""
        while self.endings:
            self.endings.pop()()
        if self.is_ours:
            self.reporter.close()


@dataclasses.dataclass
class Call:
    """A call to a reporter that was begun."""

    instance: Instance | None
    """Whose call it is; None where there is no reporter to call."""
    future: Future[Outcome] = dataclasses.field(default_factory=Future)
    """Done when the reporter has answered."""
    outcome: Outcome = dataclasses.field(default_factory=Outcome)
    """What is known so far; the future's result when it is done."""
    task: Future[None] = dataclasses.field(default_factory=Future)
    """Done when the thread has ended what it began, however late: until then it may still write."""
    until: float = inf
    """`time.monotonic()` after which nobody waits for it."""
    around: "Around | None" = None
    """What plugins do around its last attempt."""


def ended(error: Exception | None) -> Call:
    """Give a call that has ended already."""
    call = Call(None)
    call.outcome.error = error
    call.future.set_result(call.outcome)
    call.task.set_result(None)
    return call
