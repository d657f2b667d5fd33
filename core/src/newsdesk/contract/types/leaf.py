"""Pure: does a single value fit a class that has no other types within?"""

import enum
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from newsdesk.contract.types.misfit import How, Misfit, Result, either

_WORDS: Mapping[Any, str] = {
    str: "a valid string",
    int: "a valid integer",
    float: "a valid number",
    bool: "a valid boolean",
    list: "a valid list",
    tuple: "a valid tuple",
    set: "a valid set",
    frozenset: "a valid frozenset",
    dict: "a valid dictionary",
    type: "a type",
    type(None): "None",
    Callable: "callable",
    Iterable: "iterable",
}
_UNPARSED: Mapping[type, str] = {
    int: ", unable to parse string as an integer",
    float: ", unable to parse string as a number",
    bool: ", unable to interpret input",
}
SCALARS = (str, *_UNPARSED)
_BOOLEANS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}
_INTEGER = re.compile(r"\s*([+-]?\d+(?:_\d+)*)(?:\.0+)?\s*", re.ASCII)
_BY_CALL = frozenset({"decimal.Decimal", "uuid.UUID", "ipaddress.IPv4Address", "ipaddress.IPv6Address"})
"""Classes that JSON writes as a text and that take it; by name, so that none is imported for it."""


def mismatch(cls: Any, value: Any) -> list[Misfit]:
    """Say that a value is not an instance of a class."""
    return [Misfit(f"must be {_WORDS.get(cls) or f'an instance of {cls.__name__}'}", value)]


def scalar(cls: Any, value: Any, how: How) -> Result:
    """Fit a value to one of `SCALARS`."""
    misfits = mismatch(cls, value)
    try:
        if isinstance(value, int | float if cls is float else cls) and isinstance(value, bool) is (
            cls is bool
        ):
            return float(value) if cls is float else value, []
        if isinstance(value, str) and how is How.TEXT:
            misfits = [Misfit(f"must be {_WORDS[cls]}{_UNPARSED[cls]}", value)]
            return _parsed(cls, value), []
    except (ValueError, KeyError, OverflowError):  # the last for an integer beyond all floats
        pass
    return value, misfits


def _parsed(cls: Any, text: str) -> Any:
    if cls is bool:
        return _BOOLEANS[text.lower()]
    if cls is float:
        return float(text)
    if not (match := _INTEGER.fullmatch(text)):
        raise ValueError
    return int(match[1])


def instance(cls: Any, value: Any, how: How) -> Result:
    """Fit a value to any other class, by isinstance."""
    try:
        if isinstance(value, cls):
            return value, []
    except TypeError:  # a special form, or a protocol that cannot be checked at run time
        return value, []
    if how is How.EXACT:
        return value, mismatch(cls, value)
    if issubclass(cls, enum.Enum):
        return _member(cls, value, how)
    try:
        if isinstance(value, str):
            return _read(cls, value), []
    except (TypeError, ValueError, ArithmeticError):
        pass
    return value, mismatch(cls, value)


def _member(cls: type[enum.Enum], value: Any, how: How) -> Result:
    for member in cls:
        if type(member.value) is type(value) and member.value == value:
            return member, []
    if how is How.WRITTEN:
        return value, mismatch(cls, value)
    return value, [Misfit(f"must be {either([repr(member.value) for member in cls])}", value)]


def is_path(cls: type) -> bool:
    """Tell whether a class is one of the standard library's for a path."""
    return issubclass(cls, os.PathLike) and (cls is os.PathLike or cls.__module__.startswith("pathlib"))


def _read(cls: Any, text: str) -> Any:
    """Give what JSON writes as this text.

    Raises:
        TypeError: it writes none of the class as a text.
        ValueError: the text is not of its form.
    """
    if is_path(cls):
        return Path(text) if cls is os.PathLike else cls(text)
    if cls is bytes:
        return text.encode()
    if cls.__module__ == "datetime" and hasattr(cls, "fromisoformat"):
        return cls.fromisoformat(text)
    if f"{cls.__module__}.{cls.__qualname__}" in _BY_CALL:
        return cls(text)
    raise TypeError
