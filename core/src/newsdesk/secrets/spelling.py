"""Pure: how messages write a secret: quoted, escaped, percent-encoded, in base64, or nested in each other.

A secret is looked for character by character, each in any of its spellings. So all of them are covered, also
mixed and nested ones: JSON within JSON, the `repr` of bytes, a URL that was quoted twice.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import codepoint2name

BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{4,}={0,2}")
"""What may be base64."""

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


def parts(secret: str) -> Iterator[str]:
    """Give what is looked for of a secret: the whole, without white space around it, and each longer line."""
    whole, *lines = (part.strip() for part in (secret, *secret.splitlines()))
    if whole:
        yield whole
    if len(lines) > 1:  # a key, whose first and last line are not secret
        yield from (line for line in lines if len(line) >= _LINE and not line.startswith("-----"))


@lru_cache(maxsize=512)
def occurrences(secret: str) -> re.Pattern[str]:
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


def encodes(run: str, secrets: Iterable[str]) -> bool:
    """Tell whether what may be base64 has one of the secrets in it, as `user:password` say."""
    digits = run.rstrip("=").translate(_URL_SAFE)
    if len(digits) % 4 == 1:
        return False
    data = base64.b64decode(digits + "=" * (-len(digits) % 4))
    return any(_holds(data, secret) for secret in secrets)


_URL_SAFE = str.maketrans("-_", "+/")


def _holds(data: bytes, secret: str) -> bool:
    found = data.strip()
    for raw in {secret.encode("utf-8", "surrogatepass"), secret.encode("latin-1", "backslashreplace")}:
        if found == raw or found.endswith(b":" + raw) or (len(secret) >= _SHORT and raw in data):
            return True
    return False


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
