"""One reporter and the thread that uses it: where a reporter is kept from harming the others."""

import copy
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from newsdesk.contract import deadline as deadlines
from newsdesk.contract.answer import PATIENCE
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.lifecycle import State, life_of
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.attempts.attempts import Attempts, Job, Surround, Until, unsurrounded
from newsdesk.delivery.attempts.bulk import Bulk, has_bulk
from newsdesk.delivery.call import Call, Instance, ended
from newsdesk.delivery.outcome import Outcome, empty_frames, presentable
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route
from newsdesk.exceptions import TransientReporterError
from newsdesk.machine import Machine
from newsdesk.plugins.listener import GRACE
from newsdesk.worker import ForkLock, Worker

if TYPE_CHECKING:
    from newsdesk.plugins.around import Around

IsSuperseded = Callable[[int], bool]
"""Tells whether a newer revision of a chunk's machine, by its index, was reported meanwhile."""


class Dispatcher:
    """Calls one reporter, in a thread that can be left behind when it hangs.

    Args:
        route: The reporter with its label.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self.surround: Surround = unsurrounded
        """Gives what plugins do around an attempt."""
        self.secrets = route.reporter.secret_values()
        self._lock = ForkLock()
        self._instance: Instance | None = None
        self._reporter = route.reporter
        self._is_hung = False
        self._closing: Call | None = None

    def prepare(self) -> Call | None:
        """Begin the reporter's own preparation; None where there is nothing to wait for."""
        if type(self.route.reporter).prepare is BaseReporter.prepare:
            return None
        with self._lock.held:
            instance = self._current()
            if isinstance(instance, Exception) or instance.is_prepared:
                return None
            instance.is_prepared = True
            return self._begin(instance, instance.reporter.prepare)

    def deliver(
        self, machines: Sequence[Machine], retry: Retry, deadline: float, is_superseded: IsSuperseded
    ) -> list[Call]:
        """Begin to deliver machines together; each is answered by itself, in their order.

        What fails in a way that is worth another try is tried again by itself, for `deadline` seconds; after
        `PATIENCE` of them in a row that failed so, the rest is not: the backend is down.
        """
        with self._lock.held:
            instance = self._current()
            if isinstance(instance, Exception):
                return [ended(instance) for _ in machines]
            calls = [Call(instance) for _ in machines]
            jobs = deque(
                Job(machine, call, partial(is_superseded, index))
                for index, (machine, call) in enumerate(zip(machines, calls, strict=True))
            )
            try:
                task = instance.worker.submit(partial(self._deliver, jobs, instance, retry, deadline))
            except RuntimeError as error:
                return [ended(self._threadless(error)) for _ in machines]
            for call in calls:
                call.task = task
        return calls

    def ask(
        self, ask: Callable[[Instance], None], until: float = inf, instance: Instance | None = None
    ) -> Call:
        """Begin to ask the reporter something, in its thread.

        Args:
            ask: What to do with it.
            until: `time.monotonic()` after which nobody waits for it.
            instance: Only that one, where the question is part of a longer one.
        """
        with self._lock.held:
            if instance is not None and instance is not self._instance:
                return ended(self._interrupted())
            found = self._current()
            if isinstance(found, Exception):
                return ended(found)
            return self._begin(found, partial(ask, found), until)

    def close(self) -> Call:
        """Begin to close the reporter, and let its thread end; what fails now is not tried again."""
        with self._lock.held:
            instance, self._instance = self._instance, None
            if instance is None:
                return self._closing or ended(None)
            self._closing = self._begin(instance, instance.end)
            instance.stopped.set()
            instance.worker.stop()
            return self._closing

    def answer(self, call: Call, until: float) -> Outcome:
        """Wait for a call; when the time is over, leave it behind."""
        call.until = until
        try:
            outcome = call.future.result(until - time.monotonic())
        except TimeoutError:
            return self._unanswered(call)
        except BaseException:  # Ctrl-C: nobody waits for it any more
            self.leave(call)
            raise
        if outcome.error is not None:
            empty_frames(outcome.error)
        return outcome

    def leave(self, call: Call) -> None:
        """Leave a call behind that nobody waits for, with its thread and its reporter."""
        if call.instance is None or call.future.done() or call.future.cancel():
            return
        call.instance.is_left = True
        call.instance.stopped.set()
        call.instance.worker.stop()
        with self._lock.held:
            if self._instance is call.instance:  # else another thread has left it already
                self._instance, self._is_hung = None, True
            elif call is self._closing:
                self._is_hung = True

    def is_left(self, call: Call) -> bool:
        """Tell whether a call was left behind, or with another that was."""
        return call.instance is not None and call.instance.is_left

    def _current(self) -> Instance | Exception:
        """Give the reporter to call, or why there is none; the lock is held."""
        if self._instance is not None:
            return self._instance
        if self._is_hung or (self._closing is not None and not self._closing.task.done()):
            # Another thread uses it still, perhaps for ever. A reporter is a value: its copy is made of its
            # arguments, and has nothing of what the old one is stuck in.
            try:
                self._reporter = copy.copy(self._reporter)
            except Exception as error:  # noqa: BLE001  (a plugin's __init__)
                return self._uncopied(error)
        self._is_hung, self._closing = False, None
        is_ours = life_of(self._reporter).state is State.CLOSED
        self._instance = Instance(self._reporter, is_ours, Worker(f"newsdesk {self.route.label}"))
        return self._instance

    def _begin(self, instance: Instance, ask: Callable[[], None], until: float = inf) -> Call:
        call = Call(instance, until=until)

        def run() -> None:
            if call.future.begin():
                with deadlines.until(lambda: call.until):
                    outcome = self._outcome(call, instance, ask)
                call.future.set_result(outcome)

        try:
            call.task = instance.worker.submit(run)
        except RuntimeError as error:
            return ended(self._threadless(error))
        return call

    def _outcome(self, call: Call, instance: Instance, ask: Callable[[], Delivery | None]) -> Outcome:
        """Call the reporter in its thread, whatever it raises."""
        outcome = call.outcome
        try:
            outcome.delivery = ask()
        except BaseException as error:  # noqa: BLE001  (the isolation of reporters from each other)
            outcome.error = self._shown(instance, error)
        else:
            self.secrets |= life_of(instance.reporter).secrets
        outcome.ended = time.monotonic()
        return outcome

    def _deliver(self, jobs: "deque[Job]", instance: Instance, retry: Retry, deadline: float) -> None:
        # Those that nobody waits for any more are not begun.
        begun = deque(job for job in jobs if job.call.future.begin())
        jobs.clear()
        bulk = None
        if len(begun) > 1 and has_bulk(instance.reporter):
            bulk = Bulk(instance.reporter, deque(job.machine for job in begun))
        failures = 0
        while begun:
            job = begun.popleft()
            if instance.is_left:
                return  # another instance has these machines now
            call = job.call
            call.outcome.began = time.monotonic()
            until = min(call.until, call.outcome.began + deadline)
            some = retry if failures < PATIENCE else None
            surround, shown = self._surround, partial(self._shown, instance)
            attempts = Attempts(job, instance, some, until, bulk=bulk, surround=surround, shown=shown)
            del job  # errors hold the frames above theirs, so this one must hold no machine
            outcome = self._outcome(call, instance, attempts)
            failures = failures + 1 if isinstance(outcome.error, TransientReporterError) else 0
            call.future.set_result(outcome)
            del attempts
        if bulk is not None:
            bulk.close()

    def _surround(self, machine: Machine, number: int, until: Until) -> "Around | None":
        return self.surround(machine, self.route.label, number, until)

    def _shown(self, instance: Instance, error: BaseException) -> Exception:
        self.secrets |= instance.reporter.secret_values()  # it may have resolved its references
        return presentable(error, self.secrets)

    def _interrupted(self) -> Exception:
        return TransientReporterError(
            f"the reporter {self.route.label!r} was closed, or hung in another call, before all was listed; "
            "list again"
        )

    def _threadless(self, error: RuntimeError) -> Exception:
        """Give the error of a call that no thread can be begun for: it may work in another process."""
        return TransientReporterError(
            f"no thread could be started for the reporter {self.route.label!r} ({error}). Is the process "
            "ending, or at its limit of threads, or its container?"
        )

    def _uncopied(self, error: Exception) -> Exception:
        # Worth another try, in another process: nothing is wrong with the machine.
        return TransientReporterError(
            f"the reporter {self.route.label!r} hung, and a new one could not be made: "
            f"{presentable(error, self.secrets)}; its __init__ must only store its arguments"
        )

    def _unanswered(self, call: Call) -> Outcome:
        label = self.route.label
        if call.future.cancel():
            text = (
                f"the reporter {label!r} was busy with other machines until the deadline, so this one was "
                "not started. Raise the deadline, or use fewer threads"
            )
        else:
            self.leave(call)
            text = (
                f"the reporter {label!r} did not finish before the deadline; it may still complete. Check "
                "its backend, or raise the deadline"
            )
        error = TransientReporterError(text)
        if call.around is not None:
            call.around.end(error, until=time.monotonic() + GRACE)
        return Outcome(call.outcome.attempts, error=error, began=call.outcome.began)
