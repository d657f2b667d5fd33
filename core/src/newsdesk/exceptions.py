"""The tree of errors.

Everything that newsdesk raises on purpose is a `ReporterException`::

    ReporterException
    ├── MachineError                  an invalid record; every fault with its path
    ├── DefinitionError               an invalid reporter definition or config
    │   ├── UnknownReporterError      no reporter has that name or import path
    │   ├── PluginError               an unusable plugin; the cause is chained
    │   └── UnresolvedReferenceError  an ${env:…} or ${file:…} that does not resolve
    ├── DeliveryError                 one delivery of one machine failed
    │   ├── TransientReporterError    may work later; retried
    │   └── PermanentReporterError    will never work
    ├── MachineDoesNotExist           the backend answers, and does not hold the machine
    ├── AmbiguousMachine              several projects have a machine of that name
    └── DeliveryFailed                a required reporter failed; all failures, all receipts

Each `DefinitionError` and each `MachineError` is a `ValueError` as well.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong in what was given."""

    path: str
    """Where, as a dotted path from the outermost value; empty for that value itself."""
    message: str
    """What is wrong there, and what is expected instead."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ReporterException(Exception):  # noqa: N818  (its name is the contract of the project that it replaces)
    """The root of all errors of newsdesk and of its reporters."""


class _FaultyError(ReporterException, ValueError):
    """An error that lists all faults at once, so that they can be fixed in one go."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        self.message = message
        self.faults = tuple(faults)
        super().__init__(message, self.faults)

    def __str__(self) -> str:
        # The message of an error about one value is its only fault: it is shown once.
        return "\n".join([self.message, *(f"  - {f}" for f in self.faults if f.message != self.message)])


class MachineError(_FaultyError):
    """An invalid record, or one with values that JSON cannot hold; `faults` lists all of them."""


class DefinitionError(_FaultyError):
    """An invalid definition or config; `faults` lists all of them."""


class UnknownReporterError(DefinitionError):
    """No installed reporter has the requested name or import path."""


class PluginError(DefinitionError):
    """A requested plugin cannot be used; the reason is chained as the cause."""


class UnresolvedReferenceError(DefinitionError):
    """A reference such as `${env:NAME}` or `${file:PATH}` that does not resolve."""


class DeliveryError(ReporterException):
    """One delivery of one machine to one reporter failed."""


class TransientReporterError(DeliveryError):
    """The delivery failed in a way that may pass (an outage, a rate limit, a lost race); it is retried."""

    retry_after: float | None = None
    """The seconds that the backend asked to wait; None if it did not ask.

    A text with a number, as in an HTTP header, is read as that number. What is not a number of seconds (a
    date, NaN, infinity, something negative) is ignored, however a subclass or a plugin has set it.
    """

    def __init__(self, message: str = "", retry_after: float | str | None = None) -> None:
        self.retry_after = _seconds(retry_after)
        super().__init__(message)

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        return _seconds(value) if name == "retry_after" else value

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.retry_after), self.__dict__


def _seconds(asked: Any) -> float | None:
    try:
        seconds = float(asked)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < math.inf else None


class PermanentReporterError(DeliveryError):
    """The delivery failed and would fail again; it is not retried."""


class MachineDoesNotExist(ReporterException):
    """The backend answers, and does not hold the machine that was asked for.

    Args:
        name: The machine's name.
        project_name: Its project; None if that was not given.
        revision: The revision that was asked for, if the machine exists in others.
        projects: Other projects that have a machine of that name.
    """

    def __init__(
        self,
        name: str,
        project_name: str | None = None,
        *,
        revision: str | None = None,
        projects: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.project_name = project_name
        self.revision = revision
        self.projects = tuple(projects)
        super().__init__(name, project_name)

    def __str__(self) -> str:
        where = "" if self.project_name is None else f" in the project {self.project_name!r}"
        what = f"the machine {self.name!r}{where}"
        if self.revision is not None:
            return f"{what} has no revision {self.revision!r}; list its revisions, or leave the revision out"
        if self.projects:
            return f"{what} does not exist; the name exists in {', '.join(map(repr, self.projects))}"
        return f"{what} does not exist; report it first, or correct the name"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, self.__dict__


class AmbiguousMachine(ReporterException):
    """Several projects have a machine of the name that was asked for.

    Args:
        name: The machine's name.
        projects: The projects that have one.
    """

    def __init__(self, name: str, projects: Sequence[str]) -> None:
        self.name = name
        self.projects = tuple(projects)
        super().__init__(name, self.projects)

    def __str__(self) -> str:
        known = ", ".join(map(repr, self.projects))
        count = len(self.projects)
        return f"{count} projects have a machine {self.name!r}: {known}; give the project as well"
