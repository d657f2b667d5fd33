"""Pure: values of a record as text that a page can show, and that HTML and JavaScript leave as it is."""

import json
import math
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from newsdesk import canonical

MOST = 2_000
"""Characters of one value on a page; the record has the rest."""

MISSING = "\N{EN DASH}"
"""What is shown in the place of a value that a record does not have."""

_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = ("Cc", "Cs", "Zl", "Zp")


def shown(text: str) -> str:
    r"""Return a text with what is invisible or no character escaped, such as `\n`, `\ud800` or U+202E.

    HTML drops or replaces some of these, and others reverse the text around them.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(char) if _hidden(char) else char for char in text)


def _hidden(char: str) -> bool:
    return char in _BIDIRECTIONAL or unicodedata.category(char) in _INVISIBLE


def _escaped(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode() if not char.isascii() else repr(char)[1:-1]


def shortened(text: str, most: int = MOST) -> str:
    """Return a text of at most some characters, and how many it had."""
    return text if len(text) <= most else f"{text[: most - 1]}… ({len(text):,} characters)"


def number(value: float | None) -> str:
    """Return a number with four significant digits."""
    if value is None:
        return MISSING
    return f"{value:.4g}" if math.isfinite(value) else {"inf": "∞", "-inf": "-∞"}.get(str(value), "NaN")


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of a part of a record with its path; a list of plain values is one."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for index, inner in enumerate(value):
            yield from flat(inner, f"{path}[{index}]")
    elif isinstance(value, list) and value:
        yield path, shortened(", ".join(map(_plain, value)))
    else:
        yield path, shortened(_plain(value))


def one_line(value: Any, most: int = 120) -> str:
    """Return any plain value as a short text."""
    return shortened(_plain(value), most)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and value else canonical.dumps(value).decode()


def script(function: str, *arguments: Any) -> bytes:
    """Return a call of a function as JavaScript: ASCII alone, so that nothing ends a string or the script."""
    # Mappings are lists of pairs there: a key named `__proto__` would be more than a key.
    return f"{function}({','.join(json.dumps(each, allow_nan=False) for each in arguments)});\n".encode()
