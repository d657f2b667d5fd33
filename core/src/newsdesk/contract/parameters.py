"""Pure: are these the right parameters for this class?"""

import contextlib
import inspect
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from newsdesk.contract.arguments import annotations, secret_names, signature
from newsdesk.contract.references import has_reference
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.exceptions import Fault
from newsdesk.secrets import MASK, mask_by_name

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def check(cls: type, params: Mapping[str, Any]) -> list[Fault]:
    """Hold parameters against a class's signature and annotations, and give every fault.

    A value with a reference in it is checked when that is resolved, see `coerce`.
    """
    known = {name: p for name, p in signature(cls).parameters.items() if p.kind is not p.VAR_POSITIONAL}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in known.values())
    names = [name for name, p in known.items() if p.kind is not p.VAR_KEYWORD]
    faults = [
        Fault(name, f"unknown parameter{did_you_mean(name, names)}; {cls.__name__} takes {listed(names)}")
        for name in params
        if name not in names and not takes_any
    ]
    faults += [
        Fault(name, f"missing; {cls.__name__} requires it")
        for name in names
        if known[name].default is inspect.Parameter.empty and name not in params
    ]
    for name in names:
        if name in params and not has_reference(params[name]):
            faults += _wrong(cls, name, params[name])
    return faults


def coerce(cls: type, name: str, value: Any, faults: list[Fault]) -> Any:
    """Give a value that a reference pointed to, which is text, in the type that the parameter asks for."""
    adapter = adapter_of(cls, name)
    if adapter is None:
        return value
    try:
        return adapter.validate_python(value)
    except ValueError as error:
        faults += _faults(name, error, secret=True)
        return value


def _wrong(cls: type, name: str, value: Any) -> list[Fault]:
    adapter = adapter_of(cls, name)
    if adapter is None:
        return []
    try:
        adapter.validate_python(value, strict=True)
    except ValueError as error:
        faults = _faults(name, error, secret=name in secret_names(cls))
        if not _is_written_so(adapter, value):
            return faults
        hint = f"; a config cannot give one, so let {cls.__name__} take this as well and convert it"
        return [Fault(path, message + hint) for path, message in faults]
    return []


def _is_written_so(adapter: "TypeAdapter[Any]", value: Any) -> bool:
    """Tell whether JSON writes a value of the right type so: a path, a member of an enum, a tuple."""
    try:
        adapter.validate_json(json.dumps(value), strict=True)
    except (
        NotImplementedError,
        TypeError,
        ValueError,
    ):  # the first from pydantic before 2.10, for a plain class
        return False
    return True


def _faults(name: str, error: ValueError, *, secret: bool) -> list[Fault]:
    """Tell a ValidationError of pydantic in our form; without the value, when it is a secret."""
    faults: dict[str, list[tuple[str, str]]] = {}
    for entry in error.errors():  # type: ignore[attr-defined]  # not imported, to keep pydantic out until needed
        # Each member of a union complains by itself, under a name of pydantic's own.
        where = [str(part) for part in entry["loc"] if str(part).isidentifier() and "[" not in str(part)]
        shown = MASK if secret else _short(_masked([name, *where], entry["input"]))
        path = ".".join([name, *(part for part in where if part not in _UNION_MEMBERS)])
        faults.setdefault(path, []).append((entry["msg"].replace("Input should be", "must be"), shown))
    return [
        Fault(path, f"{' or '.join(dict.fromkeys(text for text, _ in told))}, but is {told[0][1]}")
        for path, told in faults.items()
    ]


_UNION_MEMBERS = frozenset({"str", "int", "float", "bool", "dict", "list", "tuple", "set", "none", "mapping"})


def _masked(path: Iterable[str], value: Any) -> Any:
    for name in path:
        value = mask_by_name(name, value)
    return value


_SHOWN = 80
"""Characters of a value that a message shows: one line of a terminal."""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


@lru_cache(maxsize=1024)
def adapter_of(cls: type, name: str) -> "TypeAdapter[Any] | None":
    """Give what knows a parameter's type; None, where there is none, or none that resolves."""
    from pydantic import ConfigDict, TypeAdapter  # noqa: PLC0415  (0.2 s that a console reporter need not wait)
    from pydantic.errors import PydanticUserError  # noqa: PLC0415  (the same)

    annotation = annotations(cls).get(name)
    if annotation is None or isinstance(annotation, str):
        return None
    prepare_pydantic()
    try:
        return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # an annotation that brings a config of its own
        return TypeAdapter(annotation)


@lru_cache(maxsize=1)
def prepare_pydantic() -> None:
    """Have pydantic look for its own plugins, before it is used.

    It looks in all installed distributions when the first type is built. A damaged one, whatever it belongs
    to, makes that fail; it does not look again.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415  (the same)

    with contextlib.suppress(Exception):
        TypeAdapter(int)
