"""The life of a reporter: opened once, before its first use, with references resolved; closed at the end.

Here are the wrappers that `BaseReporter` puts around the methods of each subclass.
"""

import enum
import functools
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from newsdesk.contract import parameters, references
from newsdesk.contract.arguments import Arguments
from newsdesk.exceptions import Fault, UnresolvedReferenceError
from newsdesk.machine import Machine

_Method = Callable[..., Any]


class State(enum.Enum):
    """Where in its life a reporter is."""

    CLOSED = enum.auto()
    OPENING = enum.auto()
    OPEN = enum.auto()
    CLOSING = enum.auto()


class Life:
    """Where in its life one reporter is, and in which process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.state = State.CLOSED
        self.process = 0
        self.secrets: frozenset[str] = frozenset()  # what references have pointed to
        _lives.add(self)

    @property
    def inherited(self) -> bool:
        """Whether it was opened by the process that this one was forked from."""
        return self.state is State.OPEN and self.process != os.getpid()

    def begin_anew(self) -> None:
        """Let go of a lock that another thread held at a fork: in the child, that thread is not there."""
        self.lock = threading.RLock()
        if self.state in (State.OPENING, State.CLOSING):
            self.state = State.OPEN  # of the parent's making, so that it is abandoned before anything else


class Openable(Protocol):
    """What is wrapped here: `BaseReporter`, which imports this module."""

    arguments: Arguments
    life: Life

    def open(self) -> None:
        """Connect."""

    def abandon(self) -> None:
        """Forget the connection of a parent process."""


_lives: "weakref.WeakSet[Life]" = weakref.WeakSet()


def _begin_held_anew() -> None:
    for life in _lives:
        if life.lock.acquire(blocking=False):
            life.lock.release()  # nobody's, or that of the thread that forked
        else:
            life.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_held_anew)


def opens(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap `open`: once, with references resolved; and once more in a forked child."""

    @functools.wraps(method)
    def open_(self: Openable) -> None:
        life = self.life
        if life.state is State.OPEN and not life.inherited:
            return
        with life.lock:
            if life.state is State.OPENING:  # a subclass calls its parent's
                method(self)
            elif life.state is State.CLOSED or life.inherited:
                _open(self, method)

    return open_


def closes(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap `close`: only what is open; what a parent process opened is abandoned, not closed."""

    @functools.wraps(method)
    def close(self: Openable) -> None:
        life = self.life
        with life.lock:
            if life.state is State.CLOSING:  # a subclass calls its parent's
                method(self)
            elif life.state is State.OPEN:
                _close(self, method)

    return close


def uses(method: _Method) -> _Method:
    """Wrap what needs an open reporter."""

    @functools.wraps(method)
    def use(self: Openable, *args: Any, **kwargs: Any) -> Any:
        self.open()
        return method(self, *args, **kwargs)

    return use


def reports(method: _Method) -> _Method:
    """Wrap `report`: an open reporter, and a machine whose own reporters' secrets are masked."""

    @functools.wraps(method)
    def report(self: Openable, machine: object) -> Any:
        shown = Machine.of(machine).redacted()  # first: bad input is told before anything is opened
        self.open()
        return method(self, shown)

    return report


def reports_many(method: _Method) -> _Method:
    """Wrap `report_many` like `report`."""

    @functools.wraps(method)
    def report_many(self: Openable, machines: Iterable[object]) -> Any:
        self.open()
        # No generator: its frame would hold a machine for as long as an error that came through it is kept.
        return method(self, map(_shown, machines))

    return report_many


def plans(method: _Method) -> _Method:
    """Wrap `plan` like `report`, but nothing is opened."""

    @functools.wraps(method)
    def plan(self: Openable, machine: object) -> Any:
        return method(self, Machine.of(machine).redacted())

    return plan


WRAPPERS: Mapping[str, Callable[[Any], Any]] = {
    "open": opens,
    "close": closes,
    "ping": uses,
    "holds": uses,
    "report": reports,
    "report_many": reports_many,
    "plan": plans,
}


def _shown(machine: object) -> Machine:
    return Machine.of(machine).redacted()


def _open(reporter: Openable, method: Callable[[Any], None]) -> None:
    life = reporter.life
    if life.inherited:
        reporter.abandon()
    life.state = State.OPENING
    try:
        _initialise(reporter, *resolved_arguments(reporter))
        method(reporter)
    except BaseException:
        life.state = State.CLOSED
        _initialise(reporter, reporter.arguments.args, reporter.arguments.kwargs)
        raise
    life.state, life.process = State.OPEN, os.getpid()


def _close(reporter: Openable, method: Callable[[Any], None]) -> None:
    life = reporter.life
    inherited = life.inherited
    life.state = State.CLOSING
    try:
        reporter.abandon() if inherited else method(reporter)
    finally:
        life.state = State.CLOSED
        _initialise(reporter, reporter.arguments.args, reporter.arguments.kwargs)


def resolved_arguments(reporter: Openable) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Give a reporter's arguments with their references resolved.

    Raises:
        UnresolvedReferenceError: a reference points to nothing, or to what the parameter does not take; all
        at once.
    """
    faults: list[Fault] = []
    found: set[str] = set()

    def change(name: str, value: Any) -> Any:
        if not references.has_reference(value):
            return value
        known = len(faults)
        result = references.resolve(value, name, faults, found)
        return parameters.coerce(type(reporter), name, result, faults) if len(faults) == known else value

    arguments = reporter.arguments.mapped(change)
    reporter.life.secrets |= found
    if faults:
        raise UnresolvedReferenceError(
            f"{type(reporter).__name__} has parameters that do not resolve", faults
        )
    return arguments


def _initialise(reporter: Openable, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Run `__init__` once more, which only sets the attributes anew; needless without references."""
    if references.has_reference(reporter.arguments.args) or references.has_reference(
        reporter.arguments.kwargs
    ):
        reporter.__init__(*args, **kwargs)  # type: ignore[misc]  # on purpose, see BaseReporter
