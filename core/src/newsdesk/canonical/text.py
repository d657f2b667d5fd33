"""Pure: plain values as JSON text and back, as fast as orjson, which is given nothing that crashes it."""

import json
import marshal
import re
from functools import partial
from typing import Any

import orjson

MAX_DEPTH = 254
"""Levels of nesting that a value may have: where orjson stops when it writes. Real records have about ten."""

REFUSED = (ValueError, orjson.JSONEncodeError)
"""What is raised for a value that is not plain."""

NOT_PLAIN: Any = object()
"""Stands for the copy of what is not plain."""

_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_write = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)


def quick_copy(value: object) -> Any:
    """Copy a value that is plain already, in a few passes in C instead of a slow one in Python."""
    try:
        _refuse_what_crashes_orjson(value)
        copy = orjson.loads(orjson.dumps(value))
    except REFUSED:
        return NOT_PLAIN
    # orjson writes NaN as null, and tuples as lists, in silence: only what comes back equal was plain.
    return copy if copy == value else NOT_PLAIN


def quick_text(value: object) -> bytes:
    """Write a value that orjson knows to write.

    Raises:
        ValueError, orjson.JSONEncodeError: it is not plain, or orjson refuses it.
    """
    _refuse_what_crashes_orjson(value)
    return _write(value)


def _refuse_what_crashes_orjson(value: object) -> None:
    """Raise a ValueError unless a value is made of Python's own types, without subclasses.

    orjson takes more than those, and does not check the errors of what it calls: a datetime whose tzinfo
    raises, a UUID, a member of an enum or a dataclass that was never set end the process with a segmentation
    fault. marshal refuses them all, at a tenth of the time that the copy takes.
    """
    marshal.dumps(value)  # type: ignore[arg-type]  # whether it is of such a type is the question


def write(value: Any) -> bytes:
    """Write a plain value."""
    try:
        return _write(value)
    except orjson.JSONEncodeError:
        return _write(_writable(value))


def _writable(value: Any) -> Any:
    """Give a plain value with all that orjson refuses written already, in the form that orjson writes."""
    if isinstance(value, dict) and value:
        return _writable_mapping({key: _writable(item) for key, item in value.items()})
    if isinstance(value, list) and value:
        return [_writable(item) for item in value]
    if value is None or isinstance(value, bool | float) or (isinstance(value, str) and _is_unicode(value)):
        return value
    # Integers over 64 bits, lone surrogates, and what is empty at the deepest level. Escaping surrogates with
    # a backslash is, inside a JSON string, just their JSON escape.
    return orjson.Fragment(json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def _writable_mapping(value: dict[str, Any]) -> Any:
    if all(map(_is_unicode, value)):
        return value
    items = (b"%b:%b" % (write(key), _write(value[key])) for key in sorted(value))
    return orjson.Fragment(b"{%b}" % b",".join(items))


def _is_unicode(text: str) -> bool:
    """Tell whether a text has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def loads(text: bytes | str) -> Any:
    """Read JSON; also the bare `NaN` and `Infinity` that Python writes, and integers of any size.

    Raises:
        ValueError: the text is not JSON.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    # orjson would read an integer over 64 bits as a float.
    if not _LONG_NUMBER.search(data):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
    try:
        return json.loads(data.decode("utf-8-sig", "surrogatepass"))
    except RecursionError:
        raise ValueError(f"nested too deeply; at most {MAX_DEPTH} levels are allowed") from None
