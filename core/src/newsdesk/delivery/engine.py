"""Delivers machines to several reporters at the same time: no outbox, no log, no listeners."""

import dataclasses
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from newsdesk.alteration import of_redactions
from newsdesk.contract.answer import PATIENCE, Answer
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.delivery.attempts.attempts import Surround
from newsdesk.delivery.call import Call
from newsdesk.delivery.dispatcher import Dispatcher, IsSuperseded
from newsdesk.delivery.outcome import Outcome
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route
from newsdesk.exceptions import ReporterException
from newsdesk.machine import Machine, MachineKey
from newsdesk.secrets import mask_text

if TYPE_CHECKING:
    from newsdesk.delivery.reading.reader import Reader
    from newsdesk.future import Future

CLOSING = 5.0
"""Seconds that the reporters may take to close."""

PREPARATION = 120.0
"""Seconds that a reporter's `prepare()` may take: a large import from a slow disk, a local database."""


_log = logging.getLogger(__name__)


def receipt_of(route: Route, machine: Machine, outcome: Outcome | None = None) -> Receipt:
    """Give the receipt of an outcome; without one, of what was not tried."""
    outcome = outcome or Outcome()
    delivery = outcome.delivery or Delivery()
    if outcome.is_superseded:
        status, error = Status.SUPERSEDED, None
    elif outcome.error is not None or outcome.attempts == 0:
        status, error = Status.FAILED, outcome.error
    else:
        status, error = Status.UNCHANGED if delivery.unchanged else Status.DELIVERED, None
    return Receipt(
        machine=machine.key,
        revision=machine.revision,
        reporter=route.label,
        status=status,
        required=route.required,
        accepts_spooled=route.accepts_spooled,
        attempts=outcome.attempts,
        seconds=outcome.ended - outcome.began,
        reference=delivery.reference,
        alterations=(*of_redactions(machine.redactions), *delivery.alterations),
        error=error,
    )


def skipped(route: Route, key: MachineKey, revision: str) -> Receipt:
    """Give the receipt of a machine that is not for a reporter, by its `when`."""
    reason = ReporterException(f"it is not for this reporter, which takes machines with {route.when}")
    return Receipt(key, revision, route.label, Status.SKIPPED, route.required, attempts=0, error=reason)


class Engine:
    """The reporters of a desk, each with a thread of its own.

    Args:
        routes: The reporters.
        retry: How often to try again.
        deadline: Seconds for one machine at all of them, retries and pauses included.
    """

    def __init__(self, routes: Iterable[Route], retry: Retry, deadline: float) -> None:
        self.routes = tuple(routes)
        self.retry = retry
        self.deadline = deadline
        self.dispatchers = {route.label: Dispatcher(route) for route in self.routes}

    def surround(self, surround: Surround) -> None:
        """Have plugins called around each attempt."""
        for dispatcher in self.dispatchers.values():
            dispatcher.surround = surround

    def deliver(
        self,
        forms: Sequence[Mapping[str, Machine]],
        is_superseded: Callable[[str, int], bool] = lambda label, index: False,  # noqa: ARG005
    ) -> Generator[list[Answer], None, None]:
        """Deliver machines together, and give what each reporter that is `called` answered of each, in order.

        When the generator is closed, what has no answer yet is left behind.

        Args:
            forms: What each reporter gets of a machine, see `Job.forms`; no two of them with one key.
            is_superseded: Tells by a reporter's label and a machine's index whether a newer revision of it
                was reported meanwhile, so that it need not be tried again.
        """
        labels = [route.label for route in self.called if any(route.label in each for each in forms)]
        preparing = [(self.dispatchers[label], self.dispatchers[label].prepare()) for label in labels]
        batches = {label: self._batch(label, forms, is_superseded) for label in labels}
        try:
            _wait(preparing)
            for each in forms:
                until = time.monotonic() + self.deadline
                yield [batch.answer(each[label], until) for label, batch in batches.items() if label in each]
        finally:
            for batch in batches.values():
                batch.leave()

    def _batch(
        self, label: str, forms: Sequence[Mapping[str, Machine]], is_superseded: Callable[[str, int], bool]
    ) -> "Batch":
        """Begin to deliver what a reporter gets of some machines."""
        own = [index for index, each in enumerate(forms) if label in each]
        return Batch(
            self.dispatchers[label],
            [forms[index][label] for index in own],
            self.retry,
            self.deadline,
            lambda index: is_superseded(label, own[index]),
        )

    def prepare(self, labels: Collection[str] | None = None) -> None:
        """Have reporters do what their first use needs; that is in no deadline."""
        asked = self.dispatchers if labels is None else labels
        _wait([(self.dispatchers[label], self.dispatchers[label].prepare()) for label in asked])

    def ping(self) -> list[tuple[Route, Exception | None]]:
        """Ask every backend whether it can be reached, within the deadline, and give what each answered."""
        self.prepare()
        until = time.monotonic() + self.deadline
        calls = [(each, each.ask(lambda i: i.reporter.ping(), until)) for each in self.dispatchers.values()]
        return [(dispatcher.route, dispatcher.answer(call, until).error) for dispatcher, call in calls]

    def reader(self, label: str) -> "Reader":
        """Prepare a reporter, and return what reads its backend."""
        from newsdesk.delivery.reading.reader import Reader  # noqa: PLC0415  (not for deliveries)

        self.prepare([label])
        return Reader(self.dispatchers[label], self.retry, self.deadline)

    def try_once(self, label: str, machine: Machine, until: float) -> Answer:
        """Deliver one machine to one reporter with one attempt, until `time.monotonic()` is `until`.

        It may be owed from before `redact` or `when` was in the config. What was redacted is not judged again
        by a value that may be gone.
        """
        seconds = max(0.0, until - time.monotonic())
        dispatcher = self.dispatchers[label]
        route = dispatcher.route
        is_whole = not machine.redactions or (route.when is not None and route.when.is_by_key)
        if is_whole and not route.takes(machine):
            return Answer(skipped(route, machine.key, machine.revision))
        machine = route.form_of(machine)
        batch = Batch(dispatcher, [machine], Retry(attempts=1), seconds, lambda _: False)
        try:
            return batch.answer(machine, until)
        finally:
            batch.leave()

    @property
    def called(self) -> list[Route]:
        """The reporters that `deliver` calls: for `spool: always`, somebody else sends."""
        return [route for route in self.routes if route.spool != "always"]

    def of_called(self) -> Self:
        """Give an engine of the reporters that are `called` alone."""
        return type(self)(self.called, self.retry, self.deadline)

    def close(self) -> list[tuple[Route, Exception]]:
        """Close the reporters within `CLOSING`, and give those that did not, with why."""
        until = time.monotonic() + CLOSING
        calls = [(dispatcher, dispatcher.close()) for dispatcher in self.dispatchers.values()]
        outcomes = [(dispatcher.route, dispatcher.answer(call, until)) for dispatcher, call in calls]
        return [(route, outcome.error) for route, outcome in outcomes if outcome.error is not None]

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.routes, self.retry, self.deadline)


class Batch:
    """Machines that one reporter delivers together.

    Those that were left behind with one that hung are begun anew; after `PATIENCE` that hung one after the
    other they are given up.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        machines: Sequence[Machine],
        retry: Retry,
        deadline: float,
        is_superseded: IsSuperseded,
    ) -> None:
        self._dispatcher = dispatcher
        self._machines = deque(machines)
        self._retry = retry
        self._deadline = deadline
        self._is_superseded = is_superseded
        self._done = 0
        self._hung = 0
        self._left: list[Future[None]] = []
        self._calls: deque[Call] = deque()
        self._begin()

    def answer(self, machine: Machine, until: float) -> Answer:
        """Wait until `time.monotonic()` is `until` for what becomes of the next machine."""
        dispatcher = self._dispatcher
        if dispatcher.is_left(self._calls[0]) and self._calls[0].future.cancel() and self._hung < PATIENCE:
            self._begin()  # another thread's machine hung before this one's turn
        call = self._calls.popleft()
        outcome = dispatcher.answer(call, 0.0 if dispatcher.is_left(call) else until)
        self._machines.popleft()
        self._done += 1
        self._hung = 0 if call.future.done() else self._hung + 1
        if dispatcher.is_left(call) and call.task not in self._left:
            self._left.append(call.task)
        if self._machines and 0 < self._hung < PATIENCE and dispatcher.is_left(self._calls[0]):
            self._begin()
        receipt = receipt_of(dispatcher.route, machine, outcome)
        if receipt.reference is not None:
            shown = mask_text(receipt.reference, dispatcher.secrets)
            receipt = dataclasses.replace(receipt, reference=shown)
        self._left = [task for task in self._left if not task.done()]
        return Answer(receipt, tuple(self._left))

    def leave(self) -> None:
        """Leave behind what has no answer."""
        for call in self._calls:
            self._dispatcher.leave(call)

    def _begin(self) -> None:
        done = self._done
        self._calls = deque(
            self._dispatcher.deliver(
                list(self._machines),
                self._retry,
                self._deadline,
                lambda index: self._is_superseded(done + index),
            )
        )


def _wait(preparing: Iterable[tuple[Dispatcher, Call | None]]) -> None:
    until = time.monotonic() + PREPARATION
    for dispatcher, call in preparing:
        if call is not None and (error := dispatcher.answer(call, until).error) is not None:
            _log.debug("the reporter %s is not prepared: %s", dispatcher.route.label, error)
