"""Pure: text that MLflow's stores can hold."""

import hashlib
import math
import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_HASH_LENGTH = 8


def storable(text: str) -> str:
    r"""Give a text with NUL as `\x00` and lone surrogates as `\udXXX`.

    PostgreSQL answers NUL with an error 500, and a lone surrogate has no UTF-8 to be sent in.
    """
    return _UNSTORABLE.sub(_escape, text)


def fitting_name(text: str, length: int) -> str:
    """Give a storable name of at most `length` characters; a longer one ends in a hash of the whole."""
    name = storable(text)
    if len(name) <= length:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{name[: length - _HASH_LENGTH - 1]}-{digest}"


def json_number(value: float) -> float | str:
    """Give a number as strict JSON has it, where not-a-number and the infinities are text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code == 0 else f"\\u{code:04x}"
