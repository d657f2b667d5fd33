"""A route with the thread that works for it: where one reporter is kept from harming the others."""

import contextlib
import copy
import dataclasses
import inspect
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.lifecycle import State
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.results import Answer, answers, checked
from newsdesk.delivery.retry import PATIENCE, Retry, stand_in
from newsdesk.delivery.route import Route
from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.machine import Machine, MachineKey
from newsdesk.secrets import mask_error, mask_text
from newsdesk.worker import Worker, waited


@dataclasses.dataclass
class Outcome:
    """What became of a call to a reporter."""

    attempts: int = 0
    """How often it was tried."""
    delivery: Delivery | None = None
    """What it told."""
    error: Exception | None = None
    """Why it failed."""
    began: float = dataclasses.field(default_factory=time.monotonic)
    """When its turn came, as `time.monotonic()`."""
    ended: float = dataclasses.field(default_factory=time.monotonic)
    """When, as `time.monotonic()`."""


@dataclasses.dataclass(frozen=True, eq=False)
class Shift:
    """A reporter and its thread, for as long as it does not hang."""

    reporter: BaseReporter
    """Who delivers."""
    is_ours: bool
    """Whether we close it; one that came open is its owner's to close."""
    worker: Worker
    """Where it works."""
    stopped: threading.Event = dataclasses.field(default_factory=threading.Event)
    """Set when nothing is to be tried again."""


@dataclasses.dataclass(frozen=True)
class Call:
    """A call to a reporter that was begun."""

    future: Future[Outcome]
    """Done when the reporter has answered."""
    outcome: Outcome
    """What is known so far; the future's result when it is done."""
    shift: Shift
    """Who works at it."""


_Ask = Callable[[Shift, Outcome], Delivery | None]


class Post:
    """A route, and the thread that works for it."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.secrets = route.reporter.secret_values()
        self._lock = threading.Lock()
        self._shift = self._begin(route.reporter, is_ours=route.reporter.life.state is State.CLOSED)

    def deliver(self, machine: Machine, retry: Retry, until: float) -> Call:
        """Begin to deliver a machine, with retries until `time.monotonic()` is `until`."""
        return self._ask(_Delivery(machine, retry, until))

    def deliver_many(self, machines: Sequence[Machine], retry: Retry, deadline: float) -> list[Call]:
        """Begin to deliver machines together; each is answered by itself, in their order.

        What fails in a way that is worth another try is tried again by itself, for `deadline` seconds; after
        `PATIENCE` of them in a row that was in vain, the rest is not: the backend is down.
        """
        with self._lock:
            shift = self._shift
            calls = [Call(Future(), Outcome(), shift) for _ in machines]
            asked = deque(zip(machines, calls, strict=True))
            try:
                shift.worker.submit(partial(self._run_many, asked, shift, retry, deadline))
            except RuntimeError as error:
                for call in calls:
                    call.future.set_result(self._threadless(error))
        return calls

    def ping(self) -> Call:
        """Begin to ask the backend whether it can be reached."""
        return self._ask(lambda shift, _: shift.reporter.ping())

    def holds(self, keys: Sequence[MachineKey], found: set[MachineKey]) -> Call:
        """Begin to ask which of these machines the backend holds; they are put into `found`."""
        return self._ask(lambda shift, _: found.update(shift.reporter.holds(keys)))

    def close(self) -> Call:
        """Begin to close the reporter, and let the thread end; what fails now is not tried again."""
        call = self._ask(lambda shift, _: shift.reporter.close() if shift.is_ours else None, is_last=True)
        call.shift.stopped.set()
        return call

    def answer(self, call: Call, until: float) -> Outcome:
        """Wait for a call; when the time is over, leave it behind and begin anew."""
        try:
            outcome = waited(call.future, until - time.monotonic())
        except TimeoutError:
            return self._unanswered(call)
        except BaseException:  # Ctrl-C: nobody waits for it any more
            self.leave(call)
            raise
        if outcome.error is not None:
            _empty_frames(outcome.error)
        return outcome

    def leave(self, call: Call) -> None:
        """Leave a call behind that nobody waits for, and go on with a new thread and a new reporter."""
        if call.future.done() or call.future.cancel():
            return
        left = call.shift
        left.stopped.set()
        left.worker.stop()
        with self._lock:
            if self._shift.reporter is left.reporter:  # else another thread has left it already
                # A reporter is a value: its copy is made of its arguments, and has nothing of what the old
                # one is stuck in.
                self._shift = self._begin(copy.copy(left.reporter), is_ours=True)

    def _ask(self, ask: _Ask, *, is_last: bool = False) -> Call:
        with self._lock:
            shift, outcome = self._shift, Outcome()
            future: Future[Outcome] = Future()
            try:
                future = shift.worker.submit(partial(self._run, ask, shift, outcome))
            except RuntimeError as error:
                future.set_result(self._threadless(error))
            call = Call(future, outcome, shift)
            if is_last:
                shift.worker.stop()
                self._shift = self._begin(shift.reporter, is_ours=shift.is_ours)
        return call

    def _run(self, ask: _Ask, shift: Shift, outcome: Outcome) -> Outcome:
        try:
            outcome.delivery = ask(shift, outcome)
        except BaseException as error:  # noqa: BLE001  (the isolation of reporters from each other)
            self.secrets |= shift.reporter.secret_values()  # it may have resolved its references
            outcome.error = self._presentable(error)
        else:
            self.secrets |= shift.reporter.life.secrets
        outcome.ended = time.monotonic()
        return outcome

    def _run_many(
        self, asked: deque[tuple[Machine, Call]], shift: Shift, retry: Retry, deadline: float
    ) -> None:
        # Those that nobody waits for any more are not begun.
        begun = deque(pair for pair in asked if pair[1].future.set_running_or_notify_cancel())
        asked.clear()
        answered = answers(shift.reporter, deque(machine for machine, _ in begun))
        failures = 0
        while begun:
            machine, call = begun.popleft()
            if shift.stopped.is_set():
                return  # left behind: somebody else has these machines now
            call.outcome.began = time.monotonic()
            until = call.outcome.began + deadline
            some = retry if failures < PATIENCE else None
            outcome = self._run(_after(next(answered), machine, some, until), shift, call.outcome)
            failures = failures + 1 if isinstance(outcome.error, TransientReporterError) else 0
            call.future.set_result(outcome)
            # Errors hold the frames that they came through and those above, so this one must hold no machine.
            del machine
        del answered

    def left(self, call: Call) -> bool:
        """Tell whether a call was left behind, or with another that was."""
        return call.shift is not self._shift

    def _begin(self, reporter: BaseReporter, *, is_ours: bool) -> Shift:
        return Shift(reporter, is_ours, Worker(f"newsdesk {self.route.label}"))

    def _presentable(self, error: BaseException) -> Exception:
        """Give an error as it may be shown: without secrets, and one that ends no program."""
        try:
            mask_error(error, self.secrets)
            text = str(error)
        except Exception as fault:  # noqa: BLE001  (a stranger's __str__, or attributes that cannot be set)
            return stand_in(error, f"a {type(error).__name__} that cannot be shown: {type(fault).__name__}")
        if isinstance(error, Exception) and text == mask_text(text, self.secrets):
            return error
        masked = mask_text(f"{type(error).__name__}: {text}", self.secrets)
        if isinstance(error, Exception):
            return stand_in(error, masked).with_traceback(error.__traceback__)
        return ReporterException(f"it raised what ends a program, not a delivery: {masked}").with_traceback(
            error.__traceback__
        )

    def _threadless(self, error: RuntimeError) -> Outcome:
        """Give what becomes of a call that no thread can be begun for: it may work in another process."""
        text = (
            f"no thread could be begun for the reporter {self.route.label!r} ({error}). Does the process end "
            "already, or has it, or its container, too many threads?"
        )
        return Outcome(error=TransientReporterError(text))

    def _unanswered(self, call: Call) -> Outcome:
        label = self.route.label
        if call.future.cancel():
            return Outcome(
                error=TransientReporterError(
                    f"the reporter {label!r} was busy with other machines until the deadline was over, so "
                    "this one was not begun. Raise the deadline, or let fewer threads share the desk"
                )
            )
        self.leave(call)
        hung = (
            f"the reporter {label!r} had not answered when the deadline was over; it is left behind, and "
            "what it was doing may still arrive. Is its backend up? Raise the deadline if it needs more time"
        )
        return Outcome(call.outcome.attempts, error=TransientReporterError(hung), began=call.outcome.began)


@dataclasses.dataclass
class _Delivery:
    """One machine on its way, with retries."""

    machine: Machine
    """The machine, until it is over."""
    retry: Retry
    """How often it is tried."""
    until: float
    """`time.monotonic()` after which it is not tried again."""
    before: int = 0
    """Attempts that have been made already."""
    first: Callable[[], Delivery | None] | None = None
    """Gives, in place of the first attempt, what has been answered already."""

    def __call__(self, shift: Shift, outcome: Outcome) -> Delivery | None:
        try:
            attempt = partial(self._attempt, shift, outcome)
            return self.retry.run(attempt, until=self.until, stopped=shift.stopped)
        finally:
            del self.machine  # an error holds its delivery, by the frames that it came through

    def _attempt(self, shift: Shift, outcome: Outcome, number: int) -> Delivery | None:
        outcome.attempts = self.before + number
        first, self.first = self.first, None
        try:
            return checked(shift.reporter.report(self.machine), shift.reporter) if first is None else first()
        except Exception as error:
            _empty_frames(error)  # here, since of all attempts only the last one's error is handed on
            raise


def _after(answer: Answer, machine: Machine, retry: Retry | None, until: float) -> _Ask:
    """Give what goes on with a machine that `report_many` has answered: that was the first attempt.

    Without a `retry` it was the last one as well.
    """
    if answer.is_own or retry is None:
        return _Delivery(machine, retry or Retry(attempts=1), until, first=answer.give)
    # What was about all of them says little of this one, which is delivered by itself.
    fewer = dataclasses.replace(retry, attempts=max(1, retry.attempts - 1))
    return _Delivery(machine, fewer, until, before=1)


def _empty_frames(error: BaseException) -> None:
    """Let go of what the frames of an error hold, machines and resolved secrets; its lines stay."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        current = todo.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            for frame, _ in traceback.walk_tb(current.__traceback__):
                if not frame.f_code.co_flags & inspect.CO_GENERATOR:  # one that waits would be ended by it
                    with contextlib.suppress(RuntimeError):  # it still runs
                        frame.clear()
            todo += [current.__cause__, current.__context__, *getattr(current, "exceptions", ())]
