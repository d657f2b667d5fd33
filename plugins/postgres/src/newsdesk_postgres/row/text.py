"""Pure: a reversible encoding of text that PostgreSQL cannot store.

`text` and `jsonb` cannot contain U+0000, and UTF-8 cannot encode lone surrogates. Each is written as ␛
(U+241B) and four hexadecimal digits: U+0000 is `␛0000`. ␛ itself is encoded too (`␛241b`), so the encoding
is reversible, and different texts stay different. All other text is unchanged.
"""

import hashlib
import re

MARK = "␛"
"""The character that starts an encoded character."""
NAME_BYTES = 1000
"""Bytes of a name in its column: a PostgreSQL btree entry holds 2704, and ours has two names."""

_UNFIT = re.compile(f"[\x00\ud800-\udfff{MARK}]")
_ENCODED = re.compile(f"{MARK}([0-9a-f]{{4}})")
_SHORTENED = f"{MARK}…"  # encode() never returns it, so no other name looks like a truncated one


def encode(text: str) -> str:
    """Return the text as PostgreSQL can store it."""
    return _UNFIT.sub(lambda match: f"{MARK}{ord(match[0]):04x}", text)


def decode(text: str) -> str:
    """Return the text that `encode` was called with."""
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), text)


def is_fit(text: str) -> bool:
    """Return whether PostgreSQL can store a text unchanged."""
    return _UNFIT.search(text) is None


def is_shortened(name: str) -> bool:
    """Return whether a name was truncated by `shorten`."""
    return _SHORTENED in name


def shorten(name: str) -> str:
    """Return an encoded name that fits into an index; a longer one is truncated and ends in its SHA-256."""
    data = name.encode()
    if len(data) <= NAME_BYTES:
        return name
    tail = _SHORTENED + hashlib.sha256(data).hexdigest()
    return data[: NAME_BYTES - len(tail.encode())].decode("utf-8", "ignore") + tail
