"""What does not fit a type, and what counts as fitting."""

import enum
from typing import Any, NamedTuple


class How(enum.IntEnum):
    """What fits a type; each takes what those above it take."""

    EXACT = 0
    """Only a value of the type itself, and an integer for a float."""
    WRITTEN = 1
    """What JSON writes for it as well: a list for a tuple, a text for a path."""
    TEXT = 2
    """A text for a number as well, as an environment variable has it."""


class Misfit(NamedTuple):
    """A value that is not of its type."""

    must: str
    """What it must be."""
    value: Any
    at: tuple[Any, ...] = ()
    """The keys and indices that lead to it."""


Result = tuple[Any, list[Misfit]]
"""The value as its type asks for it, and what in it does not fit."""


def either(texts: list[str]) -> str:
    """List alternatives."""
    return f"{', '.join(texts[:-1])} or {texts[-1]}" if len(texts) > 1 else "".join(texts)
