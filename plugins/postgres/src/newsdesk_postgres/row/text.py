"""Pure: text that PostgreSQL cannot hold, encoded reversibly.

Neither `text` nor `jsonb` holds U+0000, and UTF-8 has no form for a lone surrogate. Each is written as the
visible sign ␛ (U+241B) and four hexadecimal digits: U+0000 is `␛0000`. So is a ␛ itself (`␛241b`), which
makes the encoding reversible: two texts that differ never become the same. All other text stays as it is.
"""

import hashlib
import re

MARK = "␛"
"""The character that begins an encoded one."""
NAME_BYTES = 1000
"""Bytes that a name may have in its column: an entry of PostgreSQL's btree holds 2704, and ours two names."""

_UNFIT = re.compile(f"[\x00\ud800-\udfff{MARK}]")
_ENCODED = re.compile(f"{MARK}([0-9a-f]{{4}})")
_SHORTENED = f"{MARK}…"  # what encode() never gives, so that no other name looks like a shortened one


def encode(text: str) -> str:
    """Give a text that PostgreSQL can hold."""
    return _UNFIT.sub(lambda match: f"{MARK}{ord(match[0]):04x}", text)


def decode(text: str) -> str:
    """Give back what `encode` was given."""
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), text)


def is_fit(text: str) -> bool:
    """Tell whether PostgreSQL can hold a text as it is."""
    return _UNFIT.search(text) is None


def shorten(name: str) -> str:
    """Give an encoded name that fits into an index: its beginning and, where that is not all, its SHA-256."""
    data = name.encode()
    if len(data) <= NAME_BYTES:
        return name
    tail = _SHORTENED + hashlib.sha256(data).hexdigest()
    return data[: NAME_BYTES - len(tail.encode())].decode("utf-8", "ignore") + tail
