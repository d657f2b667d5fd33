"""Pure: JSON values that jsonb cannot hold, or cannot give back as they were."""

import re
from collections.abc import Iterable
from typing import Any

from newsdesk import Alteration

from newsdesk_postgres.row.text import MARK, encode, is_fit

_MARK = MARK.encode()
# Each begins with a fixed byte, which makes them thirty times faster than one expression for all.
_ESCAPED = re.compile(rb"\\u(?:0000|d[89a-f])")
_NEGATIVE_ZERO = re.compile(rb"-0\.0(?![0-9])")
# An exponent ends a number; in a hexadecimal digest what looks like one is followed by more of the text.
_EXPONENT = re.compile(rb"e\+?[0-9]{1,3}(?:[,\]}]|\Z)")


def is_suspect(text: bytes) -> bool:
    """Tell whether canonical JSON may hold what jsonb does not keep; a false alarm costs only time."""
    return bool(
        # Whether there is such a byte at all is known ten times sooner than what it is part of.
        (b"\\" in text and _ESCAPED.search(text))
        or (not text.isascii() and _MARK in text)
        or _NEGATIVE_ZERO.search(text)
        or _EXPONENT.search(text)
    )


class Encoder:
    """Makes values that jsonb can hold, and notes what it changed."""

    def __init__(self) -> None:
        self.alterations: list[Alteration] = []
        """What was changed."""
        self.loses = False
        """Whether jsonb gives back something else than what it was given."""

    def value(self, value: Any, path: tuple[str, ...]) -> Any:
        """Give a value as jsonb can hold it."""
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
        """Give a text as PostgreSQL can hold it."""
        if is_fit(text):
            return text
        self.loses = True
        found = ", ".join(sorted({f"U+{ord(c):04X}" for c in text if not is_fit(c)}))
        self._note(
            path, f"{found} written as {MARK} and four hexadecimal digits, for PostgreSQL cannot hold it bare"
        )
        return encode(text)

    def _number(self, number: float, path: Iterable[str]) -> float:
        shown = repr(number)
        if shown == "-0.0":
            self.loses = True
            self._note(path, "jsonb has no negative zero; it holds 0.0")
        # jsonb writes 1e22 as the integer of 23 digits: the same number, and yet other JSON.
        if "e+" in shown:
            self.loses = True
        return number

    def _note(self, path: Iterable[str], detail: str) -> None:
        where = encode(".".join(path))
        self.alterations.append(
            Alteration(where, "encoded", f"{detail}; the record as it was is in the column 'record'")
        )
