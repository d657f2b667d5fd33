"""Pure: does a value fit an annotated type, and how is it converted to it?"""

import dataclasses
import types
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence, Set
from typing import Any, Literal, Union

from newsdesk.contract.types.annotation import Kind, fields_of, is_typed_dict, kind_of
from newsdesk.contract.types.leaf import SCALARS, instance, mismatch, scalar
from newsdesk.contract.types.misfit import How, Misfit, Result, either


def fit(annotation: Any, value: Any, how: How = How.EXACT) -> Result:
    """Give a value as its annotation asks for it, and everything in it that does not fit."""
    kind = kind_of(annotation)
    fitted, misfits = (_RULES.get(kind.origin) or _class)(kind, value, how)
    if not misfits:
        misfits = [
            Misfit(bound.must.format(limit), value)
            for bound, limit in kind.bounds
            if fitted is not None and not bound.holds(fitted, limit)
        ]
    return fitted, misfits


def _within(key: Any, annotation: Any, value: Any, how: How, misfits: list[Misfit]) -> Any:
    """Fit what is under a key; its misfits go to the list."""
    fitted, found = fit(annotation, value, how)
    misfits += [misfit._replace(at=(key, *misfit.at)) for misfit in found]
    return fitted


def _any(_: Kind, value: Any, __: How) -> Result:
    return value, []


def _union(kind: Kind, value: Any, how: How) -> Result:
    """Prefer the member that takes the value as it is."""
    misfits: list[Misfit] = []
    for step in list(How)[: how + 1]:
        misfits = []
        for member in kind.args:
            fitted, found = fit(member, value, step)
            if not found:
                return fitted, []
            # That None is allowed does not help with a value that is given.
            misfits += [] if kind_of(member).origin is type(None) else found
    return value, misfits


def _literal(kind: Kind, value: Any, _: How) -> Result:
    for one in kind.args:
        if isinstance(value, type(one)) and isinstance(value, bool) is isinstance(one, bool) and value == one:
            return value, []
    return value, [Misfit(f"must be {either([*map(repr, kind.args)])}", value)]


def _scalar(kind: Kind, value: Any, how: How) -> Result:
    return scalar(kind.origin, value, how)


def _mapping(kind: Kind, value: Any, how: How) -> Result:
    if not isinstance(value, Mapping):
        return value, mismatch(dict, value)
    of_keys, of_values = kind.args or (Any, Any)
    misfits: list[Misfit] = []
    fitted = {
        _within(key, of_keys, key, how, misfits): _within(key, of_values, item, how, misfits)
        for key, item in value.items()
    }
    return fitted, misfits


def _items(kind: Kind, value: Any, how: How) -> Result:
    cls, args, _ = kind
    if cls in (Sequence, MutableSequence) and isinstance(value, str | bytes):
        name = type(value).__name__
        return value, [Misfit(f"{name!r} instances are not allowed as a Sequence value", value)]
    written = how > How.EXACT and isinstance(value, list | tuple | set | frozenset)
    if not written and not isinstance(value, cls):
        return value, mismatch(cls, value)
    each: Sequence[Any] = (
        args if cls is tuple and args[-1:] != (...,) and args else [*args[:1], Any][:1] * len(value)
    )
    if len(each) != len(value):
        return value, [Misfit(f"must have {len(each)} items", value)]
    misfits: list[Misfit] = []
    fitted = [_within(index, each[index], item, how, misfits) for index, item in enumerate(value)]
    return _MADE.get(cls, cls)(fitted) if not misfits else value, misfits


def _type(kind: Kind, value: Any, _: How) -> Result:
    wanted = kind_of(kind.args[0]).origin if kind.args else object
    if not isinstance(wanted, type) or (isinstance(value, type) and issubclass(value, wanted)):
        return value, []
    if wanted is object or wanted is Any:
        return value, mismatch(type, value)
    return value, [Misfit(f"must be a subclass of {wanted.__name__}", value)]


def _class(kind: Kind, value: Any, how: How) -> Result:
    cls: Any = kind.origin
    if is_typed_dict(cls):
        if not isinstance(value, Mapping):
            return value, mismatch(dict, value)
        return _record(dict, cls.__required_keys__, fields_of(cls), value, how)
    if not isinstance(cls, type) or isinstance(value, cls):
        return instance(cls, value, how)
    defaults = getattr(cls, "_field_defaults", None)
    if defaults is not None and isinstance(value, list | tuple | Mapping):  # for a NamedTuple
        kinds = fields_of(cls)
        named = value if isinstance(value, Mapping) else dict(zip(kinds, value, strict=False))
        return _record(cls, kinds.keys() - defaults.keys(), kinds, named, how)
    if how > How.EXACT and isinstance(value, Mapping) and dataclasses.is_dataclass(cls):
        fields = [f for f in dataclasses.fields(cls) if f.init]
        required = {f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING}
        return _record(cls, required, fields_of(cls), value, how)
    return instance(cls, value, how)


def _record(
    make: type, required: Set[str], kinds: Mapping[str, Any], value: Mapping[Any, Any], how: How
) -> Result:
    misfits = [
        Misfit(f"must have the key {name!r}", value) for name in kinds if name in required - value.keys()
    ]
    fitted = {name: _within(name, kinds.get(name, Any), item, how, misfits) for name, item in value.items()}
    try:
        return (value, misfits) if misfits else (make(**fitted), [])
    except (TypeError, ValueError, AssertionError):  # by a check of its own, whose text may show the value
        return value, mismatch(make, value)


_MADE: Mapping[Any, Any] = {Sequence: list, MutableSequence: list, Set: set}
_RULES: Mapping[Any, Any] = {
    Any: _any,
    Union: _union,
    types.UnionType: _union,
    Literal: _literal,
    type: _type,
    **dict.fromkeys(SCALARS, _scalar),
    **dict.fromkeys((dict, Mapping, MutableMapping), _mapping),
    **dict.fromkeys((list, tuple, set, frozenset, *_MADE), _items),
}
"""By what `Kind.origin` is; any other is a class."""
