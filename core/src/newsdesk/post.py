"""A route with the thread that works for it: where one reporter is kept from harming the others."""

import copy
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.lifecycle import State
from newsdesk.machine import Machine
from newsdesk.receipt import Delivery
from newsdesk.reporter import BaseReporter
from newsdesk.retry import Retry
from newsdesk.route import Route
from newsdesk.secrets import mask_error
from newsdesk.worker import Worker


@dataclass
class Outcome:
    """What became of a call to a reporter."""

    attempts: int = 0
    """How often it was tried."""
    delivery: Delivery | None = None
    """What it told."""
    error: Exception | None = None
    """Why it failed."""
    ended: float = field(default_factory=time.monotonic)
    """When, as `time.monotonic()`."""


@dataclass(frozen=True)
class Call:
    """A call to a reporter that was begun."""

    future: Future[Outcome]
    """Done when the reporter has answered."""
    outcome: Outcome
    """What is known so far; the future's result when it is done."""
    worker: Worker
    """Who works at it."""


class Post:
    """A route, and the thread that works for it."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.secrets = route.reporter.secret_values()
        self._reporter = route.reporter
        self._is_ours = (
            route.reporter.life.state is State.CLOSED
        )  # one that came open is its owner's to close
        self._worker, self._stopped = self._begin()

    def deliver(self, machine: Machine, retry: Retry, until: float) -> Call:
        """Begin to deliver a machine, with retries until `time.monotonic()` is `until`."""
        stopped = self._stopped

        def deliver(reporter: BaseReporter, outcome: Outcome) -> Delivery | None:
            def attempt(number: int) -> Delivery | None:
                outcome.attempts = number
                return _checked(reporter.report(machine), reporter)

            return retry.run(attempt, until=until, stopped=stopped)

        return self._ask(deliver)

    def ping(self) -> Call:
        """Begin to ask the backend whether it can be reached."""
        return self._ask(lambda reporter, _: reporter.ping())

    def close(self) -> Call:
        """Begin to close the reporter, and let the thread end."""
        call = self._ask(lambda reporter, _: reporter.close() if self._is_ours else None)
        self._worker.stop()
        self._worker, self._stopped = self._begin()
        return call

    def answer(self, call: Call, until: float) -> Outcome:
        """Wait for a call; when the time is over, leave it behind and begin anew."""
        try:
            return call.future.result(timeout=max(0.0, until - time.monotonic()))
        except TimeoutError:
            self._leave(call.worker)
            return Outcome(call.outcome.attempts, error=TransientReporterError(self._hung()))

    def _ask(self, ask: Callable[[BaseReporter, Outcome], Delivery | None]) -> Call:
        reporter, secrets, outcome = self._reporter, self.secrets, Outcome()

        def run() -> Outcome:
            try:
                outcome.delivery = ask(reporter, outcome)
            except Exception as error:  # noqa: BLE001  (the isolation of reporters from each other)
                mask_error(error, secrets)
                outcome.error = error
            outcome.ended = time.monotonic()
            return outcome

        return Call(self._worker.submit(run), outcome, self._worker)

    def _begin(self) -> tuple[Worker, threading.Event]:
        return Worker(f"newsdesk {self.route.label}"), threading.Event()

    def _leave(self, worker: Worker) -> None:
        if worker is not self._worker:  # another thread has left it already
            return
        self._stopped.set()
        worker.stop()
        # A reporter is a value: its copy is made of its arguments, and has nothing of what the old one is
        # stuck in.
        self._reporter, self._is_ours = copy.copy(self._reporter), True
        self._worker, self._stopped = self._begin()

    def _hung(self) -> str:
        return (
            f"the reporter {self.route.label!r} had not answered when the deadline was over; it is left behind, and what it "
            "was doing may still arrive. Is its backend up? Raise the deadline if it needs more time"
        )


def _checked(value: object, reporter: BaseReporter) -> Delivery | None:
    if value is None or isinstance(value, Delivery):
        return value
    raise ReporterException(
        f"{type(reporter).__name__}.report() must return None or a newsdesk.Delivery, but returned a {type(value).__name__}"
    )
