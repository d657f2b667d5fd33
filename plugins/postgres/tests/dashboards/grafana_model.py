"""Holds a dashboard to Grafana's own model of one, which is generated from its schema."""

import enum
import json
import sys
import typing

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def faults(dashboard):
    """Return what Grafana would not know of a dashboard, or not take for what it is."""
    register_default_plugins()
    read = Dashboard.from_json(dashboard)
    written = json.loads(json.dumps(read, cls=JSONEncoder))
    return [*_lost(dashboard, written, "dashboard"), *_mistaken(read, Dashboard, "dashboard")]


def _lost(given, written, path):
    """Yield what was given and is not written again, since the model has no such key."""
    if isinstance(given, dict) and isinstance(written, dict):
        for key, value in given.items():
            if key not in written:
                yield f"{path}.{key} is not known"
            else:
                yield from _lost(value, written[key], f"{path}.{key}")
    elif isinstance(given, list) and isinstance(written, list) and len(given) == len(written):
        for index, pair in enumerate(zip(given, written, strict=True)):
            yield from _lost(*pair, f"{path}[{index}]")
    elif given != written:
        yield f"{path} is {given!r}, and read as {written!r}"


def _mistaken(value, kind, path):
    """Yield each value whose type is not that of its annotation."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if type(value).__module__.startswith("grafana_foundation_sdk"):  # of options too, annotated as any object
        module = vars(sys.modules[type(value).__module__])
        for name, annotation in typing.get_type_hints(type(value), module).items():
            yield from _mistaken(getattr(value, name), annotation, f"{path}.{name}")
    elif origin is typing.Union:
        found = [[*_mistaken(value, each, path)] for each in arguments]
        if all(found):
            yield min(found, key=len)[0]
    elif origin in (list, dict) and isinstance(value, origin):
        for key, item in value.items() if origin is dict else enumerate(value):
            yield from _mistaken(item, arguments[-1], f"{path}[{key!r}]")
    elif not _is(value, kind):
        yield f"{path} is {value!r}, and not {kind}"


def _is(value, kind):
    """Return whether a value that is not a container is of a type."""
    if kind is typing.Any:
        return True
    if typing.get_origin(kind) is typing.Literal:
        return value in typing.get_args(kind)
    if typing.get_origin(kind) is not None:
        return False
    if issubclass(kind, enum.Enum):
        return value in {*kind, *(each.value for each in kind)}
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    return isinstance(value, kind)
