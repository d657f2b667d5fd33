"""Which parameters of a reporter are secret: its author's word, or else a guess by their names."""

import enum
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, Union

from newsdesk.contract.parameters.arguments import annotations, secret_names
from newsdesk.contract.types.annotation import kind_of
from newsdesk.secrets import is_public, leaves, leaves_by_name, mask, mask_by_name, names_secret


class Secrecy(enum.Enum):
    """What is known of a parameter."""

    SECRET = enum.auto()
    """Annotated as `Secret`: all of it is masked."""
    GUESSED = enum.auto()
    """Not annotated, and its name is that of a secret: all of it is masked."""
    UNKNOWN = enum.auto()
    """Not annotated: passwords in URLs are masked, and what keys of mappings name as a secret."""
    PUBLIC = enum.auto()
    """Annotated as `Public`, or by its type no text: nothing is masked."""


@lru_cache(maxsize=512)
def secrecy(cls: type, name: str) -> Secrecy:
    """Tell what is known of a parameter of a class."""
    if name in secret_names(cls):
        return Secrecy.SECRET
    found = [annotations(base)[name] for base in cls.__mro__ if name in annotations(base)]
    if any(map(is_public, found)) or (found and not _may_hold_text(found[0])):
        return Secrecy.PUBLIC
    return Secrecy.GUESSED if names_secret(name) else Secrecy.UNKNOWN


def masked(cls: type, name: str, value: Any) -> Any:
    """Give the value of a parameter as it may be shown."""
    match secrecy(cls, name):
        case Secrecy.SECRET:
            return mask(value)
        case Secrecy.PUBLIC:
            return value
    return mask_by_name(name, value)


def secret_texts(cls: type, name: str, value: Any) -> set[str]:
    """Give every text in the value of a parameter that is not to be shown."""
    match secrecy(cls, name):
        case Secrecy.SECRET:
            return leaves(value)
        case Secrecy.PUBLIC:
            return set()
    return leaves_by_name(name, value)


def _may_hold_text(annotation: Any) -> bool:
    """Tell whether a value of a type may have free text in it, as numbers and literals do not."""
    kind = kind_of(annotation)
    if kind.origin in (Union, UnionType):
        return any(map(_may_hold_text, kind.args))
    is_enum = isinstance(kind.origin, type) and issubclass(kind.origin, enum.Enum)
    return not is_enum and kind.origin not in (int, float, bool, Literal, None, type(None))
