"""Calls a plugin's hooks in a thread for it: one that hangs does not hold up deliveries."""

import contextvars
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from newsdesk.worker import Worker

if TYPE_CHECKING:
    from newsdesk.future import Future
    from newsdesk.machine import MachineKey

PATIENCE = 30.0
"""Seconds that a delivery waits for a plugin, at most."""

GRACE = 0.5
"""Seconds after which a plugin that has not returned counts as hung, and no sooner."""

_log = logging.getLogger(__name__)
_within: contextvars.ContextVar[frozenset["Listener"]] = contextvars.ContextVar(
    "plugins in a hook", default=frozenset()
)


class Subject(Protocol):
    """What a hook is about: a receipt, an attempt."""

    @property
    def machine(self) -> "MachineKey":
        """Which machine."""

    @property
    def reporter(self) -> str:
        """The reporter's label."""


@dataclass
class _Late:
    """A call that a plugin did not take in time."""

    future: "Future[None]"
    subject: Subject
    since: float
    """When it was called, as `time.monotonic()`."""
    process: int = field(default_factory=os.getpid)
    is_said: bool = False

    @property
    def is_running(self) -> bool:
        # A forked child does not have its parent's threads: nothing hangs there.
        return not self.future.done() and self.process == os.getpid()


class Listener:
    """Has a plugin take things one after the other, always in the same thread.

    Args:
        name: What the log calls the plugin.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._worker = Worker(f"newsdesk hook {name}")
        self._thread: int | None = None
        self._late: _Late | None = None
        self._missed = 0

    def call(
        self,
        subject: Subject,
        take: Callable[[], object],
        within: float,
        *,
        context: contextvars.Context | None = None,
        is_end: bool = False,
    ) -> bool:
        """Wait until the plugin has taken something, but not for long; return whether it has.

        A plugin that hangs gets nothing else until it goes on. The log has a warning when that begins, and
        another with the number of calls that it missed.

        Args:
            subject: What it is about.
            take: Has the plugin take it.
            within: Seconds to wait; not more than `PATIENCE`.
            context: The context variables that `take` sees, and may set; those of the caller when None.
            is_end: Whether it ends what the plugin has begun: that is taken however late.
        """
        if self._thread == threading.get_ident():  # it reports something itself, and waits for that
            self._safely(subject, take)
            return True
        is_hung = self._is_hung()
        if is_hung and not is_end:
            self._missed += 1
            return False
        if not is_hung:
            self._catch_up()
        # What the program knows of its context, such as the span of a trace, the plugin knows too.
        run = partial((context or contextvars.copy_context()).run, self._safely, subject, take)
        try:
            future = self._worker.submit(run)
        except RuntimeError:  # no more threads, since the process ends, say: better here than not at all
            run()
            return True
        return not is_hung and self._is_taken(future, subject, min(PATIENCE, within), is_end=is_end)

    def is_within(self) -> bool:
        """Tell whether the caller works for one of the plugin's own hooks, which waits for it."""
        return self in _within.get()

    def _is_hung(self) -> bool:
        late = self._late
        if late is None or not late.is_running or time.monotonic() - late.since < GRACE:
            return False
        if not late.is_said:
            late.is_said = True
            _log.warning(
                "the plugin %s did not take %s (%s at %s) in %.3g s; it gets no more until it has",
                *(self._name, _kind(late.subject), late.subject.machine, late.subject.reporter),
                time.monotonic() - late.since,
            )
        return True

    def _is_taken(self, future: "Future[None]", subject: Subject, seconds: float, *, is_end: bool) -> bool:
        began = time.monotonic()
        try:
            future.result(max(0.0, seconds))
        except TimeoutError:
            is_long = time.monotonic() - began >= GRACE
            if is_long and not is_end and future.cancel():  # it was behind one that hangs
                self._missed += 1
                return False
            if not future.done() and (self._late is None or not self._late.is_running):  # else just now
                self._late = _Late(future, subject, began)
            self._is_hung()
        return future.done()

    def _catch_up(self) -> None:
        """Log what a plugin that goes on has missed."""
        missed, self._missed = self._missed, 0
        if missed:
            _log.warning("the plugin %s has resumed; it missed %d calls while it hung", self._name, missed)

    def _safely(self, subject: Subject, take: Callable[[], object]) -> None:
        before, self._thread = self._thread, threading.get_ident()
        token = _within.set(_within.get() | {self})
        try:
            take()
        except BaseException:  # noqa: BLE001  (the isolation of a stranger's code, which may try to end the program)
            _log.exception("the plugin %s failed to take %s", self._name, _kind(subject))
        finally:
            _within.reset(token)
            self._thread = before


def _kind(subject: Subject) -> str:
    name = type(subject).__name__.lower()
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
