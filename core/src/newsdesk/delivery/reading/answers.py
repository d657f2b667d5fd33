"""What a reporter gives back when it is read, held to its contract: a fault in that is the reporter's own."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine
from newsdesk.delivery.route import Route
from newsdesk.exceptions import DefinitionError, ReporterException
from newsdesk.machine import Machine, MachineKey
from newsdesk.secrets import mask_text

_FIELDS: Mapping[str, tuple[type, ...]] = {
    "revision": (str,),
    "model_key": (str,),
    "time": (datetime,),
    "reference": (str,),
    "scores": (Mapping,),
    "created": (datetime,),
}
"""The types of what an entry may lack."""


def fetched(value: object, reporter: BaseReporter, name: str, project_name: str | None) -> Machine:
    """Return what a reporter's `fetch` returned.

    Raises:
        ReporterException: It is not the machine that was asked for.
    """
    method = f"{type(reporter).__name__}.fetch()"
    if not isinstance(value, Machine):
        raise ReporterException(
            f"{method} must return a newsdesk.Machine, but returned a {type(value).__name__}"
        )
    if value.name != name or project_name not in (None, value.project_name):
        asked = name if project_name is None else str(MachineKey(project_name, name))
        raise ReporterException(f"{method} returned the machine {str(value.key)!r}, not {asked!r}")
    return value


def listing(value: object, reporter: BaseReporter) -> Iterator[Any]:
    """Return what a reporter's `machines` returned, as an iterator.

    Raises:
        ReporterException: It is not one.
    """
    if not isinstance(value, Iterable):
        raise ReporterException(
            f"{type(reporter).__name__}.machines() must yield newsdesk.StoredMachine, but returned a "
            f"{type(value).__name__}"
        )
    return iter(value)


def entry(value: object, reporter: BaseReporter, secrets: AbstractSet[str]) -> StoredMachine:
    """Return what a reporter's `machines` yielded, with secrets masked.

    Raises:
        ReporterException: It is not a `StoredMachine`, or one of its fields has another type.
    """
    method = f"{type(reporter).__name__}.machines()"
    if not isinstance(value, StoredMachine):
        raise ReporterException(
            f"{method} must yield newsdesk.StoredMachine, but yielded a {type(value).__name__}"
        )
    key: object = value.key
    if not (isinstance(key, MachineKey) and all(isinstance(part, str) for part in key)):
        raise ReporterException(f"{method} must yield a newsdesk.MachineKey as key, but yielded {key!r:.100}")
    for field, kinds in _FIELDS.items():
        part = getattr(value, field)
        if part is not None and not isinstance(part, kinds):
            raise ReporterException(
                f"{method} must yield {kinds[0].__name__} or None as {field}, but yielded a "
                f"{type(part).__name__} for {str(key)!r}"
            )
        if isinstance(part, datetime) and part.tzinfo is None:
            raise ReporterException(
                f"{method} must yield {field} with a time zone, but yielded {part} for {str(key)!r}"
            )
    for name, score in (value.scores or {}).items():
        if not (isinstance(name, str) and isinstance(score, float | int)):
            raise ReporterException(
                f"{method} must yield scores that are numbers by their names, but yielded {score!r:.100} as "
                f"{name!r:.100} for {str(key)!r}"
            )
    if value.reference is None:
        return value
    return dataclasses.replace(value, reference=mask_text(value.reference, secrets))


def error_of(route: Route, method: str, error: Exception) -> ReporterException:
    """Return the error of a method as the desk raises it: one that is not ours is a bug in the reporter."""
    if isinstance(error, ReporterException):
        return error
    kind = type(route.reporter).__name__
    if isinstance(error, NotImplementedError):
        reason = str(error) or f"{kind} has no {method}()"
        return DefinitionError(
            f"the reporter {route.label!r} cannot be read: {reason}; choose another reporter"
        )
    return ReporterException(
        f"the reporter {route.label!r} failed: {kind}.{method}() raised {type(error).__name__}: {error}"
    )
