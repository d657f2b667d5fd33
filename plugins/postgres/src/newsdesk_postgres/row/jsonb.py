"""Pure: JSON values that jsonb cannot store, or does not return unchanged."""

import re
from collections.abc import Iterable
from typing import Any

from newsdesk import Alteration

from newsdesk_postgres.row.text import MARK, decode, encode, is_fit

_MARK = MARK.encode()
# Each starts with a fixed byte: thirty times faster than a single expression.
_ESCAPED = re.compile(rb"\\u(?:0000|d[89a-f])")
_NEGATIVE_ZERO = re.compile(rb"-0\.0(?![0-9])")
# An exponent ends a number; what looks like one in a hexadecimal digest is followed by more text.
_EXPONENT = re.compile(rb"e\+?[0-9]{1,3}(?:[,\]}]|\Z)")


def is_suspect(text: bytes) -> bool:
    """Return whether canonical JSON may contain what jsonb changes; a false positive only costs time."""
    return bool(
        # Testing for the byte first is ten times faster.
        (b"\\" in text and _ESCAPED.search(text))
        or (not text.isascii() and _MARK in text)
        or _NEGATIVE_ZERO.search(text)
        or _EXPONENT.search(text)
    )


class Encoder:
    """Converts values to what jsonb can store, and records the changes."""

    def __init__(self) -> None:
        self.alterations: list[Alteration] = []
        """The changes."""
        self.loses = False
        """Whether jsonb would return something else than the value."""

    def value(self, value: Any, path: tuple[str, ...]) -> Any:
        """Return a value as jsonb can store it."""
        if isinstance(value, str):
            return self.text(value, path)
        if isinstance(value, float):
            return self._number(value, path)
        if isinstance(value, dict):
            return {
                self.text(key, (*path, key)): self.value(item, (*path, key)) for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.value(item, (*path, str(index))) for index, item in enumerate(value)]
        return value

    def text(self, text: str, path: Iterable[str]) -> str:
        """Return a text as PostgreSQL can store it."""
        if is_fit(text):
            return text
        self.loses = True
        found = ", ".join(sorted({f"U+{ord(c):04X}" for c in text if not is_fit(c)}))
        self._note(
            path, f"{found} encoded as {MARK} and four hexadecimal digits, since PostgreSQL cannot store it"
        )
        return encode(text)

    def _number(self, number: float, path: Iterable[str]) -> float:
        shown = repr(number)
        if shown == "-0.0":
            self.loses = True
            self._note(path, "jsonb has no negative zero; stored as 0.0")
        # jsonb returns 1e22 as an integer of 23 digits: the same number, but different JSON.
        if "e+" in shown:
            self.loses = True
        return number

    def _note(self, path: Iterable[str], detail: str) -> None:
        where = encode(".".join(path))
        self.alterations.append(
            Alteration(where, "encoded", f"{detail}; the column 'record' has the original")
        )


def decoded(value: Any) -> Any:
    """Return a value with the text that `Encoder` was called with."""
    if isinstance(value, str):
        return decode(value)
    if isinstance(value, dict):
        return {decode(key): decoded(item) for key, item in value.items()}
    return [decoded(item) for item in value] if isinstance(value, list) else value
