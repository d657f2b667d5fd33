"""Pure: any Python value as plain JSON types."""

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

from newsdesk.canonical.text import MAX_DEPTH, NOT_PLAIN, REFUSED, loads, quick_copy, quick_text, write
from newsdesk.exceptions import Fault, MachineError

MAX_DIGITS = 4300
"""Decimal digits that an integer may have: where Python stops when it reads one (CVE-2020-10735)."""

MAX_FAULTS = 100
"""Faults that are listed of one value: an endless value would have endlessly many."""

_TOO_LONG = 10**MAX_DIGITS
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def plain(value: object) -> tuple[Any, list[Fault]]:
    """Copy `value` into plain JSON types, and give every fault that was found on the way.

    Where there is a fault the copy holds `None` in its place. At most `MAX_FAULTS` are given.
    """
    copy = quick_copy(value)
    return _walk(value) if copy is NOT_PLAIN else (copy, [])


def dumps(value: object) -> bytes:
    """Write a value as canonical JSON; what is not plain is converted first, see `plain`.

    Raises:
        MachineError: a part of it has no JSON form.
    """
    try:
        return quick_text(value)
    except REFUSED:
        copy, faults = _walk(value)
    if faults:
        raise MachineError("the value cannot be written as JSON", faults)
    return write(copy)


def _walk(value: object) -> tuple[Any, list[Fault]]:
    walker = _Walker()
    try:
        return walker.plain(value, ()), walker.faults
    except RecursionError:
        return None, [*walker.faults, Fault("", "nested too deeply for Python's stack")]


class _Walker:
    """Converts a value piece by piece and notes what cannot be converted, with its path."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._within: set[int] = set()

    def plain(self, value: Any, path: tuple[str, ...]) -> Any:
        if value is None or value is True or value is False:
            return value
        if len(self.faults) >= MAX_FAULTS:
            return None
        if len(path) > MAX_DEPTH:
            return self._fault(path, f"nested deeper than {MAX_DEPTH} levels")
        if id(value) in self._within:
            return self._fault(path, f"{_type_name(value)} contains itself; break the cycle")
        try:
            return self._converted(value, path)
        except RecursionError:
            raise
        except Exception as error:  # noqa: BLE001  (a method of another library may raise anything)
            message = f"a value of type {_type_name(value)} cannot be converted: {_said(error)}"
            return self._fault(path, f"{message}; give it as a string")

    def _converted(self, value: Any, path: tuple[str, ...]) -> Any:  # noqa: PLR0911  (one for each kind)
        if isinstance(value, enum.Enum):
            with self._inside(value):
                return self.plain(value.value, path)
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, int):
            return self._integer(int.__int__(value), path)
        if isinstance(value, float):
            return _number(float.__float__(value))
        if isinstance(value, Mapping):
            return self._mapping(value, path)
        if isinstance(value, list | tuple):
            return self._array(value, path)
        return self._other(value, path)

    def _integer(self, value: int, path: tuple[str, ...]) -> int | None:
        if -_TOO_LONG < value < _TOO_LONG:
            return value
        self._fault(path, f"an integer of more than {MAX_DIGITS} digits; give it as a string")
        return None

    def _mapping(self, value: Mapping[Any, Any], path: tuple[str, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        with self._inside(value):
            for key, item in value.items():
                name = self._key(key, path)
                if name is None:
                    continue
                if name in result:
                    self._fault((*path, name), f"two keys become {name!r} in JSON; rename one of them")
                    continue
                result[name] = self.plain(item, (*path, name))
        return result

    def _key(self, key: object, path: tuple[str, ...]) -> str | None:
        if isinstance(key, str):
            return _text(key)
        known = len(self.faults)
        converted = self.plain(key, path)
        if isinstance(converted, str):
            return converted
        if isinstance(converted, bool | int | float) or key is None:
            return json.dumps(converted)
        if len(self.faults) == known:
            self._fault(path, f"a key of type {_type_name(key)} has no JSON form; use a string")
        return None

    def _array(self, value: Iterable[Any], path: tuple[str, ...]) -> list[Any]:
        result = []  # not a comprehension: its frame would count against Python's limit of recursion
        with self._inside(value):
            for index, item in enumerate(value):
                result.append(self.plain(item, (*path, str(index))))
        return result

    @contextmanager
    def _inside(self, value: object) -> Iterator[None]:
        """Remember that `value` is being converted: when it is met again below, it holds itself."""
        self._within.add(id(value))
        try:
            yield
        finally:
            self._within.discard(id(value))

    def _other(self, value: Any, path: tuple[str, ...]) -> Any:
        for kinds, convert in _CONVERTERS:
            if isinstance(value, kinds):
                with self._inside(value):
                    return self.plain(convert(value), path)
        if isinstance(value, AbstractSet):
            return sorted(self._array(value, path), key=write)
        if type(value).__module__.partition(".")[0] == "numpy":
            return self._numpy(value, path)
        for method in ("to_dict", "to_json"):
            if not isinstance(value, type) and callable(getattr(value, method, None)):
                return self._own_form(value, method, path)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._fields(value, path)
        return self._fault(
            path, f"a value of type {_type_name(value)} has no JSON form; convert it, or give it a to_dict()"
        )

    def _numpy(self, value: Any, path: tuple[str, ...]) -> Any:
        if getattr(value, "dtype", None) is None:
            return self._fault(path, f"a value of type {_type_name(value)} has no JSON form")
        if value.dtype.kind in "mM":  # item() of nanoseconds is a bare integer, the text is ISO 8601
            return value.astype(str).tolist()
        if value.dtype.kind in "cV":
            return self._fault(
                path, f"numpy values of dtype {value.dtype} have no JSON form; split them into parts"
            )
        if value.dtype.char == "g" and value.ndim == 0:  # tolist() of a long double is a long double again
            return _number(float(value))
        return self.plain(value.tolist(), path)

    def _fields(self, value: Any, path: tuple[str, ...]) -> dict[str, Any] | None:
        names = [field.name for field in dataclasses.fields(value)]
        if unset := [name for name in names if not hasattr(value, name)]:
            self._fault(path, f"{_type_name(value)} has fields never set: {', '.join(unset)}")
            return None
        with self._inside(value):
            return self._mapping({name: getattr(value, name) for name in names}, path)

    def _own_form(self, value: Any, method: str, path: tuple[str, ...]) -> Any:
        try:
            form = getattr(value, method)()
            with self._inside(value):
                return self.plain(loads(form) if method == "to_json" else form, path)
        except RecursionError:
            return self._fault(path, f"{_type_name(value)}.{method}() never ends")
        except Exception as error:  # noqa: BLE001  (the same)
            return self._fault(path, f"{_type_name(value)}.{method}() failed: {_said(error)}")

    def _fault(self, path: tuple[str, ...], message: str) -> None:
        shown = path if len(path) <= _LONG_PATH else (*path[:8], "…")
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(".".join(shown), message))


_LONG_PATH = 30
"""Parts of a path beyond which a message shows the first ones only."""


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _text(value: str) -> str:
    """Give a string with its paired surrogates joined, as any reader of JSON would join them."""
    return _SURROGATE_PAIR.sub(_joined, str.__str__(value))


def _joined(match: re.Match[str]) -> str:
    return match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _said(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  (the same)
        return type(error).__name__


def _type_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


_CONVERTERS: tuple[tuple[Any, Any], ...] = (
    ((dt.datetime, dt.date, dt.time), lambda value: value.isoformat()),
    (dt.timedelta, lambda value: value.total_seconds()),
    (bytes | bytearray | memoryview, lambda value: base64.b64encode(value).decode("ascii")),
    (os.PathLike, os.fspath),
    ((uuid.UUID, decimal.Decimal), str),
)
