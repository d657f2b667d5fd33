"""Which machines a reporter gets."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.machine import Machine
from newsdesk.routing.paths import Path, glob, refuse_references
from newsdesk.routing.redaction import IDENTITY, PARTS

_FORM = "must be a text in which * is any text, or a list of them"


@dataclass(frozen=True)
class Wanted:
    """What a value of the record must be."""

    path: Path
    """Where it is; of several places, one is enough."""
    texts: tuple[str, ...]
    """What it may be, with `*` for any text."""
    patterns: tuple[re.Pattern[str], ...]
    """The same, to match with."""


@dataclass(frozen=True)
class Condition:
    """Decides whether a machine is for a reporter: all that is wanted must fit."""

    wanted: tuple[Wanted, ...] = ()
    """What is wanted; nothing, for every machine."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Read the option `when`.

        Raises:
            DefinitionError: It is not valid; its `faults` are all that is wrong.
        """
        if not isinstance(value, Mapping) or not value:
            raise DefinitionError("when must be a mapping of paths to texts")
        wanted: list[Wanted] = []
        faults: list[Fault] = []
        for text, allowed in value.items():
            try:
                path = Path.of(text)
            except DefinitionError as error:
                faults.append(Fault(str(text), error.message))
                continue
            try:
                texts = _texts(allowed)
            except DefinitionError as error:
                faults.append(Fault(str(text), error.message))
                continue
            wanted.append(Wanted(path, texts, tuple(map(glob, texts))))
        if faults:
            raise DefinitionError("when cannot be used", faults)
        return cls(tuple(wanted))

    @property
    def is_by_key(self) -> bool:
        """Whether project and name decide."""
        return all(each.path.root in IDENTITY for each in self.wanted)

    def takes(self, machine: Machine) -> bool:
        """Return whether a machine is for the reporter."""
        return all(_fits(wanted, machine) for wanted in self.wanted)

    def __str__(self) -> str:
        return ", ".join(f"{each.path.text}: {' or '.join(each.texts)}" for each in self.wanted)


def _texts(allowed: object) -> tuple[str, ...]:
    """Read what a value may be.

    Raises:
        DefinitionError: It is not one text or several.
    """
    texts = [allowed] if isinstance(allowed, str) else allowed
    if not isinstance(texts, list | tuple):
        raise DefinitionError(f"{_FORM}, but is {_shown(allowed)}{_quote(allowed)}")
    if not texts:
        raise DefinitionError(f"{_FORM}, but is empty")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise DefinitionError(f"{_FORM}, but item {index} is {_shown(text)}{_quote(text)}")
        refuse_references(text)
    return tuple(texts)


def _quote(value: object) -> str:
    """Return what to do about a value that YAML does not take for a text."""
    return "; quote it" if isinstance(value, int | float | date) else ""


def _fits(wanted: Wanted, machine: Machine) -> bool:
    # Not `to_dict`, which copies the whole record.
    record = {**machine.extra, **{key: getattr(machine, key) for key in (*IDENTITY, *PARTS)}}
    texts = (_text(value) for _, value in wanted.path.find(record))
    return any(pattern.fullmatch(text) for text in texts if text is not None for pattern in wanted.patterns)


def _text(value: Any) -> str | None:
    """Return a value as text, numbers and words as in JSON; None for what holds other values."""
    if isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: object) -> str:
    if value is None:
        return "null"
    return repr(value) if isinstance(value, str | int | float) else f"of type {type(value).__name__}"
