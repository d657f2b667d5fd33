"""Pure: values of a record as text that a page can show, and that HTML and JavaScript leave as it is."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from newsdesk import canonical

MOST = 2_000
"""Characters of one value on a page; the record has the rest."""

MISSING = "\N{EN DASH}"
"""What is shown in the place of a value that a record does not have."""

# Controls, lone surrogates, separators of lines, what changes the direction of text, and no characters.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)


def shown(text: str) -> str:
    r"""Return a text with what is invisible or no character escaped, such as `\n`, `\ud800` or `\u202e`.

    HTML drops or replaces some of these, and others reverse the text around them.
    """
    return _HIDDEN.sub(lambda found: repr(found[0])[1:-1], text)


def number(value: float | None) -> str:
    """Return a number with four significant digits."""
    if value is None:
        return MISSING
    return f"{value:.4g}" if math.isfinite(value) else {"inf": "∞", "-inf": "-∞"}.get(str(value), "NaN")


def brief(value: Any, most: int = MOST) -> str:
    """Return any plain value as a text of at most some characters, and how many it had."""
    text = ", ".join(map(_plain, value)) if is_line(value) else _plain(value)
    return text if len(text) <= most else f"{text[: most - 1]}… ({len(text):,} characters)"


def is_line(value: Any) -> bool:
    """Return whether a value is a list of plain values, such as tags."""
    return (
        isinstance(value, list) and value != [] and not any(isinstance(each, dict | list) for each in value)
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and value else canonical.dumps(value).decode()


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of a part of a record with its path; a list of plain values is one."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and not is_line(value):
        for index, inner in enumerate(value):
            yield from flat(inner, f"{path}[{index}]")
    else:
        yield path, brief(value)


def script(function: str, *arguments: Any) -> bytes:
    """Return a call of a function as JavaScript: ASCII alone, so that nothing ends a string or the script."""
    # Mappings are lists of pairs there: a key named `__proto__` would be more than a key.
    return f"{function}({','.join(map(ascii_json, arguments))});\n".encode()


def ascii_json(value: Any) -> str:
    """Return a value as JSON; numbers that JSON does not have are text, as in a record."""
    return json.dumps(canonical.plain(value)[0], allow_nan=False)
