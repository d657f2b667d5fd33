"""The attempts to deliver one machine, with what plugins do around each."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from newsdesk.contract import deadline as deadlines
from newsdesk.contract.delivery import Delivery
from newsdesk.delivery.attempts.bulk import Bulk, checked
from newsdesk.delivery.call import Call, Instance
from newsdesk.delivery.outcome import empty_frames, superseded
from newsdesk.delivery.retry import Retry
from newsdesk.machine import Machine

if TYPE_CHECKING:
    from newsdesk.plugins.around import Around

Until = Callable[[], float]
"""Gives `time.monotonic()` at the deadline."""

Surround = Callable[[Machine, str, int, Until], "Around | None"]
"""Gives what plugins do around an attempt: of which machine, to the reporter of which label, its number."""


def unsurrounded(machine: Machine, label: str, number: int, until: Until) -> "Around | None":  # noqa: ARG001  (a `Surround`)
    """Have no plugin do anything."""
    return None


@dataclasses.dataclass
class Job:
    """One machine of a chunk."""

    machine: Machine
    """The machine."""
    call: Call
    """The call that its attempts answer."""
    is_superseded: Callable[[], bool]
    """Tells whether a newer revision was reported meanwhile."""


class _SharedError(Exception):
    """A bulk call failed: that is about all machines without an answer, and says little of this one."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Attempts:
    """The attempts to deliver one machine.

    Args:
        job: The machine.
        instance: Its reporter.
        retry: How often it is tried; None for once.
        until: `time.monotonic()` after which it is not tried again.
        bulk: The first attempt, where that takes others too; None to deliver it by itself.
        surround: Gives what plugins do around an attempt, by its number.
        shown: Gives an error as it may be shown.
    """

    def __init__(
        self,
        job: Job,
        instance: Instance,
        retry: Retry | None,
        until: float,
        *,
        bulk: Bulk | None,
        surround: "Callable[[Machine, int, Until], Around | None]",
        shown: Callable[[BaseException], Exception],
    ) -> None:
        self._job = job
        self._instance = instance
        self._retry = retry
        self._until = until
        self._bulk = bulk
        self._surround = surround
        self._shown = shown

    def __call__(self) -> Delivery | None:
        """Try until it succeeds, fails for good, or there is no time for another attempt."""
        retry = self._retry or Retry(attempts=1)
        try:
            try:
                return self._run(retry, before=0)
            except _SharedError:
                pass  # it is delivered by itself; not within the `except`, which would chain the errors
            return self._run(dataclasses.replace(retry, attempts=max(1, retry.attempts - 1)), before=1)
        finally:
            del self._job  # an error holds its attempts, by the frames that it came through

    def _run(self, retry: Retry, *, before: int) -> Delivery | None:
        attempt = partial(self._attempt, before)
        return retry.run(attempt, until=self._until, stopped=self._instance.stopped)

    def _attempt(self, before: int, number: int) -> Delivery | None:
        number += before
        if number > 1 and self._job.is_superseded():
            raise superseded()
        self._job.call.outcome.attempts = number
        self._job.call.around = around = self._surround(self._job.machine, number, self._deadline)
        try:
            if around is None:
                return self._ask()
            around.begin()
            delivery = around.context.run(self._ask)
        except BaseException as error:
            if around is not None:
                around.end(self._shown(error.error if isinstance(error, _SharedError) else error))
            if isinstance(error, Exception):
                empty_frames(error)  # here, since of all attempts only the last one's error is handed on
            raise
        around.end(None)
        return delivery

    def _ask(self) -> Delivery | None:
        bulk, self._bulk = self._bulk, None
        if bulk is not None:
            answer = bulk.next(self._deadline)
            if answer.shared is not None and self._retry is not None:
                raise _SharedError(answer.shared)
            return answer.give()
        reporter = self._instance.reporter
        with deadlines.until(self._deadline):
            return checked(reporter.report(self._job.machine.isolated()), reporter)

    def _deadline(self) -> float:
        return min(self._job.call.until, self._until)
