"""The lifecycle of a reporter: opened before its first use, with references resolved; closed at the end.

Contains the wrappers that `BaseReporter` applies to the methods of each subclass.
"""

import enum
import functools
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from newsdesk.contract.parameters import references
from newsdesk.contract.parameters.arguments import Arguments
from newsdesk.contract.parameters.check import coerce
from newsdesk.contract.parameters.secrecy import Secrecy, secrecy
from newsdesk.exceptions import (
    DefinitionError,
    Fault,
    MachineDoesNotExist,
    ReporterException,
    UnresolvedReferenceError,
)
from newsdesk.machine import Machine

_Method = Callable[..., Any]


class State(enum.Enum):
    """The states of a reporter."""

    CLOSED = enum.auto()
    OPENING = enum.auto()
    OPEN = enum.auto()
    CLOSING = enum.auto()


class Life:
    """What the base class keeps of one reporter.

    Args:
        arguments: What it was built with, with references unresolved.
        defined_as: The name or import path in its definition, if it was built from one.
    """

    def __init__(self, arguments: Arguments, defined_as: str | None = None) -> None:
        self.arguments = arguments
        self.defined_as = defined_as
        self.lock = threading.RLock()
        self.state = State.CLOSED
        self.process = 0
        self.secrets: frozenset[str] = frozenset()  # what references have pointed to
        _lives.add(self)

    @property
    def inherited(self) -> bool:
        """Whether it was opened by the parent process of a fork."""
        return self.state is State.OPEN and self.process != os.getpid()

    def begin_anew(self) -> None:
        """Replace a lock that another thread held at a fork: in the child, that thread does not exist."""
        self.lock = threading.RLock()
        if self.state in (State.OPENING, State.CLOSING):
            self.state = State.OPEN  # opened by the parent, so it is abandoned first


class Openable(Protocol):
    """What is wrapped: `BaseReporter`, which imports this module."""

    def validate(self) -> None:
        """Check the parameters."""

    def open(self) -> None:
        """Connect."""

    def abandon(self) -> None:
        """Drop the connection of a parent process."""


_KEPT = "_newsdesk"
"""The attribute that holds it: private, and with a name that no author uses by chance."""


def begin_life(reporter: object, life: Life) -> None:
    """Keep this of a new reporter."""
    reporter.__dict__[_KEPT] = life  # not with setattr, which a frozen dataclass forbids


def life_of(reporter: object) -> Life:
    """Give what the base class keeps of a reporter."""
    return reporter.__dict__[_KEPT]  # type: ignore[no-any-return]  # begin_life() put it there


_lives: "weakref.WeakSet[Life]" = weakref.WeakSet()


def _begin_held_anew() -> None:
    for life in _lives:
        if life.lock.acquire(blocking=False):
            life.lock.release()  # free, or held by the forking thread
        else:
            life.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_held_anew)


def opens(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap `open`: called once, with references resolved, and again in a forked child."""

    @functools.wraps(method)
    def open_(self: Openable) -> None:
        life = life_of(self)
        if life.state is State.OPEN and not life.inherited:
            return
        with life.lock:
            if life.state is State.OPENING:  # called by a subclass's own
                method(self)
            elif life.state is State.CLOSED or life.inherited:
                _open(self, method)

    return open_


def closes(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap `close`: only if open; what a parent process opened is abandoned instead."""

    @functools.wraps(method)
    def close(self: Openable) -> None:
        life = life_of(self)
        with life.lock:
            if life.state is State.CLOSING:  # called by a subclass's own
                method(self)
            elif life.state is State.OPEN:
                _close(self, method)

    return close


def uses(method: _Method) -> _Method:
    """Wrap a method that needs an open reporter."""

    @functools.wraps(method)
    def use(self: Openable, *args: Any, **kwargs: Any) -> Any:
        self.open()
        return method(self, *args, **kwargs)

    return use


def reports(method: _Method) -> _Method:
    """Wrap `report`: opens the reporter, and masks the secrets of the machine's own reporters."""

    @functools.wraps(method)
    def report(self: Openable, machine: object) -> Any:
        shown = Machine.of(machine).redacted()  # first: invalid input is rejected before opening
        self.open()
        return method(self, shown)

    return report


def reports_many(method: _Method) -> _Method:
    """Wrap `report_many` like `report`."""

    @functools.wraps(method)
    def report_many(self: Openable, machines: Iterable[object]) -> Any:
        self.open()
        # Not a generator: errors would keep its frame alive, and the machine in it.
        return method(self, map(_shown, machines))

    return report_many


def fetches(method: _Method) -> _Method:
    """Wrap `fetch`: opens the reporter, and refuses a revision that was not asked for."""

    @functools.wraps(method)
    def fetch(
        self: Openable, name: str, project_name: str | None = None, revision: str | None = None
    ) -> Machine:
        self.open()
        machine: Machine = method(self, name, project_name, *([] if revision is None else [revision]))
        # What is not a machine is the caller's to refuse.
        if revision is not None and isinstance(machine, Machine) and machine.revision != revision:
            raise MachineDoesNotExist(name, machine.project_name, revision=revision)
        return machine

    return fetch


def plans(method: _Method) -> _Method:
    """Wrap `plan` like `report`, but without opening the reporter."""

    @functools.wraps(method)
    def plan(self: Openable, machine: object) -> Any:
        return method(self, Machine.of(machine).redacted())

    return plan


def finds(method: _Method) -> _Method:
    """Wrap `findings`: opens the reporter where the backend may be asked."""

    @functools.wraps(method)
    def findings(self: Openable, *, ping: bool) -> Any:
        if ping:
            self.open()
        return method(self, ping=ping)

    return findings


WRAPPERS: Mapping[str, Callable[[Any], Any]] = {
    "open": opens,
    "close": closes,
    "ping": uses,
    "holds": uses,
    "machines": uses,
    "fetch": fetches,
    "report": reports,
    "report_many": reports_many,
    "plan": plans,
    "findings": finds,
}


def _shown(machine: object) -> Machine:
    return Machine.of(machine).redacted()


def _open(reporter: Openable, method: Callable[[Any], None]) -> None:
    life = life_of(reporter)
    if life.inherited:
        reporter.abandon()
    life.state = State.OPENING
    try:
        _initialise(reporter, *resolved_arguments(reporter))
        validate(reporter)
        method(reporter)
    except BaseException:
        life.state = State.CLOSED
        _initialise(reporter, life.arguments.args, life.arguments.kwargs)
        raise
    life.state, life.process = State.OPEN, os.getpid()


def _close(reporter: Openable, method: Callable[[Any], None]) -> None:
    life = life_of(reporter)
    inherited = life.inherited
    life.state = State.CLOSING
    try:
        reporter.abandon() if inherited else method(reporter)
    finally:
        life.state = State.CLOSED
        _initialise(reporter, life.arguments.args, life.arguments.kwargs)


def validate(reporter: Openable) -> None:
    """Have a reporter check its parameters.

    Raises:
        DefinitionError: They are not valid; also for what else its method raises.
    """
    try:
        reporter.validate()
    except ReporterException:
        raise
    except Exception as error:
        raise DefinitionError(
            f"the parameters of {type(reporter).__name__} are not valid: {type(error).__name__}: {error}"
        ) from error


def resolved_arguments(reporter: Openable) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a reporter's arguments with their references resolved.

    Raises:
        UnresolvedReferenceError: References cannot be resolved, or have invalid values; lists all of them.
    """
    faults: list[Fault] = []
    found: set[str] = set()

    def change(name: str, value: Any) -> Any:
        if not references.is_reference(value):
            return value
        known = len(faults)
        is_public = secrecy(type(reporter), name) is Secrecy.PUBLIC
        result = references.resolve(value, name, faults, set() if is_public else found)
        return coerce(type(reporter), name, result, faults) if len(faults) == known else value

    life = life_of(reporter)
    arguments = life.arguments.mapped(change)
    life.secrets |= found
    if faults:
        raise UnresolvedReferenceError(
            f"{type(reporter).__name__} has references that cannot be resolved", faults
        )
    return arguments


def _initialise(reporter: Openable, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Call `__init__` again, which only sets the attributes; not needed without references."""
    given = life_of(reporter).arguments
    if references.is_reference(given.args) or references.is_reference(given.kwargs):
        reporter.__init__(*args, **kwargs)  # type: ignore[misc]  # intended, see BaseReporter
