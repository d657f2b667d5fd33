"""Pure: an annotated type as a JSON Schema."""

import enum
import types
from collections.abc import Iterable, Mapping, MutableMapping, MutableSequence, Sequence, Set
from typing import Any, Literal, Union

from newsdesk.contract.types.annotation import Kind, fields_of, is_typed_dict, kind_of
from newsdesk.contract.types.leaf import is_path

Schema = dict[str, Any]

_TYPES: Mapping[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
_FORMATS = {
    "datetime.datetime": "date-time",
    "datetime.date": "date",
    "datetime.timedelta": "duration",
    "builtins.bytes": "binary",
}
_MAPPINGS = (dict, Mapping, MutableMapping)
_SETS = (set, frozenset, Set)
_CONTAINERS = (*_MAPPINGS, *_SETS, list, tuple, Sequence, MutableSequence, Iterable)


class _NoSchemaError(Exception):
    """JSON Schema has no words for the type, for example for a class of one's own."""


def json_schema(annotation: Any) -> Schema:
    """Give the JSON Schema of a type, its keys sorted; one that accepts everything, if there is none.

    Nested definitions would have to move to the top level of the document, so that a type with a TypedDict
    within has none, nor has one within itself.
    """
    try:
        kind = kind_of(annotation)
        return _typed_dict(kind.origin) if is_typed_dict(kind.origin) else _schema(kind)
    except (_NoSchemaError, RecursionError):
        return {}


def _typed_dict(cls: Any) -> Schema:
    fields = fields_of(cls)
    properties = {name: {"title": titled(name), **_schema(kind_of(of))} for name, of in fields.items()}
    required = [name for name in properties if name in cls.__required_keys__]
    return {
        **({"description": cls.__doc__} if cls.__doc__ else {}),
        "properties": properties,
        **({"required": required} if required else {}),
        "title": cls.__name__,
        "type": "object",
    }


def titled(name: str) -> str:
    """Give the title of a key."""
    return name.replace("_", " ").title()


def _schema(kind: Kind) -> Schema:
    schema = _unbound(kind)
    for bound, limit in kind.bounds:
        keyword = bound.keyword.replace("Length", "Items") if schema.get("type") == "array" else bound.keyword
        schema[keyword] = limit
    return dict(sorted(schema.items()))


def _unbound(kind: Kind) -> Schema:
    origin, args, _ = kind
    if origin is Any:
        return {}
    if origin in _TYPES:
        return {"type": _TYPES[origin]}
    if origin in (Union, types.UnionType):
        members = _members(args)
        return members[0] if len(members) == 1 else {"anyOf": members}
    if origin is Literal:
        return _values(args)
    return _container(origin, args) if origin in _CONTAINERS else _of_class(origin)


def _container(origin: Any, args: tuple[Any, ...]) -> Schema:
    within = [_schema(kind_of(arg)) for arg in args if arg is not ...]
    if origin in _MAPPINGS:
        return {"additionalProperties": within[1] or True if within else True, "type": "object"}
    if origin is tuple and args and args[-1] is not ...:
        return {"maxItems": len(args), "minItems": len(args), "prefixItems": within, "type": "array"}
    unique = {"uniqueItems": True} if origin in _SETS else {}
    return {"items": within[0] if within else {}, "type": "array", **unique}


def _members(args: tuple[Any, ...]) -> list[Schema]:
    """Give what a union takes, None last, without what JSON cannot write; a union in it as its members."""
    schemas: list[Schema] = []
    for arg in args:
        try:
            schema = _schema(kind_of(arg))
        except _NoSchemaError:
            continue
        for member in schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]:
            if member not in schemas:
                schemas.append(member)
    if not schemas:
        raise _NoSchemaError
    return sorted(schemas, key=lambda schema: schema == {"type": "null"})


def _values(values: tuple[Any, ...]) -> Schema:
    names = {_TYPES.get(type(value)) for value in values}
    schema: Schema = {"const": values[0]} if len(values) == 1 else {"enum": [*values]}
    return {**schema, "type": names.pop()} if len(names) == 1 and None not in names else schema


def _of_class(cls: Any) -> Schema:
    if not isinstance(cls, type):
        raise _NoSchemaError
    if issubclass(cls, enum.Enum):
        return {**_values(tuple(member.value for member in cls)), "title": cls.__name__}
    form = "path" if is_path(cls) else _FORMATS.get(f"{cls.__module__}.{cls.__qualname__}")
    if form is None:
        raise _NoSchemaError
    return {"format": form, "type": "string"}
