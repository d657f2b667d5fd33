"""Pure: how messages write a secret: quoted, escaped, percent-encoded, in base64, or nested in each other.

A secret is looked for character by character, each in any of its spellings. So all of them are covered, also
mixed and nested ones: JSON within JSON, the `repr` of bytes, a URL that was quoted twice.
"""

import binascii
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import codepoint2name

_SHORT = 12
"""Characters below which a secret is masked only where it is a whole token: `postgres` is a common word."""

_TINY = 6
"""Characters below which a secret counts as a word even with digits: `db1`, `pg16`."""

_LINE = 4
"""Characters that a line of a secret with several lines has at least, to be looked for on its own."""

# A token begins after what is not a part of it, or after an escape or what is percent-encoded.
_ESCAPE = r"(?<=\\[abfnrtv])|(?<=%[0-9A-Fa-f]{2})|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4})"
_BEGIN, _END = rf"(?:(?<![A-Za-z0-9])|{_ESCAPE})", r"(?![A-Za-z0-9])"
# A word is no token within a name with hyphens, dots or underscores, and none as a host, a user or a folder.
_BEGIN_WORD, _END_WORD = (
    rf"(?:(?<!\w)(?<!\w[\-.])|{_ESCAPE})(?<![/@])(?<!%2[Ff])(?<!%40)",
    r"(?!\w)(?![\-.]\w)",
)
# What is too short to be told from a word is a value only between these.
_BEGIN_VALUE, _END_VALUE = r"""(?<=['"`=:@&;])""", r"""(?=['"`@&;,)}\]\s]|\\|$)"""


class Spellings:
    """The spellings of some secrets, to be masked in any number of texts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        parts = {part for secret in secrets for part in _parts(secret)}
        self._patterns = [_occurrences(part) for part in sorted(parts, key=len, reverse=True)]
        self._data = {data for part in parts for data in _encoded(part)}
        self._long = tuple(data for data in self._data if len(data) >= _SHORT)
        self._after_user = tuple(b":" + data for data in self._data)

    def masked(self, text: str, mask: str) -> str:
        """Give a text with `mask` in the place of each secret."""
        for pattern in self._patterns:
            text = pattern.sub(mask, text)
        return (
            _BASE64.sub(lambda run: mask if self._encoded_in(run[0]) else run[0], text)
            if self._data
            else text
        )

    def _encoded_in(self, run: str) -> bool:
        """Tell whether what may be base64 has one of the secrets in it, as `user:password` say."""
        digits = run.rstrip("=").translate(_URL_SAFE)
        if len(digits) % 4 == 1:
            return False
        data = binascii.a2b_base64(digits + "=" * (-len(digits) % 4))
        found = data.strip()
        return (
            found in self._data
            or found.endswith(self._after_user)
            or (len(data) >= _SHORT and any(long in data for long in self._long))
        )


@lru_cache(maxsize=64)
def spellings(secrets: frozenset[str]) -> Spellings:
    """Give the spellings of some secrets; a desk masks many texts with the same ones."""
    return Spellings(secrets)


def _parts(secret: str) -> Iterator[str]:
    """Give what is looked for of a secret: the whole, without white space around it, and each longer line."""
    whole, *lines = (part.strip() for part in (secret, *secret.splitlines()))
    if whole:
        yield whole
    if len(lines) > 1:  # a key, whose first and last line are not secret
        yield from (line for line in lines if len(line) >= _LINE and not line.startswith("-----"))


def _occurrences(secret: str) -> re.Pattern[str]:
    """Give the pattern of a secret as a value, in any spelling."""
    pattern = "".join(_spelled(secret))
    if len(secret) == 1 or (len(secret) < _SHORT and not re.search(r"\w", secret)):
        return re.compile(_BEGIN_VALUE + pattern + _END_VALUE)
    if len(secret) < _TINY or secret.isalpha() or secret.isdigit():
        begin, end = _BEGIN_WORD, _END_WORD
    elif len(secret) < _SHORT:
        begin, end = _BEGIN, _END
    else:
        begin, end = "", ""
    # Beside a character such as `!`, which no word has, nothing needs to end.
    return re.compile(
        (begin if secret[0].isalnum() else "") + pattern + (end if secret[-1].isalnum() else "")
    )


def _encoded(secret: str) -> set[bytes]:
    """Give a secret as it may be in base64: requests takes Latin-1."""
    return {secret.encode("utf-8", "surrogatepass"), secret.encode("latin-1", "backslashreplace")}


_URL_SAFE = str.maketrans("-_", "+/")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{4,}={0,2}")

# All backslashes in a row; matched from the first one only, so that a long row takes no quadratic time.
_BACKSLASHES = r"(?<!\\)\\++"
_MAYBE_ESCAPED = f"(?:{_BACKSLASHES})?+"
_ESCAPED = rf"(?:{_BACKSLASHES}|(?<=\\))"
_ESCAPES = {"\n": "n", "\r": "r", "\t": "t"}


def _spelled(secret: str) -> Iterator[str]:
    """Give the pattern of each character, and of each run of backslashes."""
    for run in re.findall(r"\\+|[^\\]", secret):
        if run[0] == "\\":
            yield rf"(?:(?<!\\)\\{{{len(run)},}}+|{_percent(run)})"
        elif run.isascii() and run.isalnum():
            yield run
        else:
            yield f"(?:{'|'.join(_spellings(run))})"


def _spellings(char: str) -> Iterator[str]:
    code, units = ord(char), char.encode("utf-16-be", "surrogatepass").hex()
    yield _MAYBE_ESCAPED + re.escape(char)
    yield _percent(char)
    if char == " ":
        yield r"\+"
    yield f"&(?:amp;)*(?:#0*{code}|#[xX]0*(?i:{code:x})|{codepoint2name.get(code, f'#{code}')});"
    # As JSON and Python write it, in a text and in bytes.
    if char in _ESCAPES:
        yield _ESCAPED + _ESCAPES[char]
    yield "".join(f"{_ESCAPED}u(?i:{units[index : index + 4]})" for index in range(0, len(units), 4))
    yield f"{_ESCAPED}U(?i:{code:08x})"
    yield "".join(f"{_ESCAPED}x(?i:{byte:02x})" for byte in char.encode("utf-8", "surrogatepass"))
    if code < 256:  # noqa: PLR2004  (Latin-1)
        yield f"{_ESCAPED}x(?i:{code:02x})"


def _percent(text: str) -> str:
    return "".join(f"%(?:25)*(?i:{byte:02x})" for byte in text.encode("utf-8", "surrogatepass"))
