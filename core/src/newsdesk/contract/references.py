"""`${env:NAME}` and `${file:PATH}`: values that stay out of a config until they are needed."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newsdesk.exceptions import Fault

_REFERENCE = re.compile(r"\$\{(?P<source>env|file):(?P<name>[^}]*)\}")


def has_reference(value: Any) -> bool:
    """Tell whether a reference stands anywhere in a value."""
    if isinstance(value, str):
        return _REFERENCE.search(value) is not None
    if isinstance(value, Mapping):
        return any(has_reference(item) for item in value.values())
    return isinstance(value, list | tuple) and any(has_reference(item) for item in value)


def looks_like_one(value: Any) -> bool:
    """Tell whether `${` stands anywhere in a value, and begins no reference."""
    if isinstance(value, str):
        return "${" in _REFERENCE.sub("", value)
    if isinstance(value, Mapping):
        return any(looks_like_one(item) for item in value.values())
    return isinstance(value, list | tuple) and any(looks_like_one(item) for item in value)


def resolve(value: Any, path: str, faults: list[Fault]) -> Any:
    """Give a value with references replaced by what they point to; those that point nowhere become `faults`.

    A reference may be the whole of a string or a part of it. Any other `$` is data. Of a file the last line
    break is left out.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _look_up(match, path, faults), value)
    if isinstance(value, Mapping):
        return {key: resolve(item, f"{path}.{key}", faults) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(resolve(item, f"{path}.{index}", faults) for index, item in enumerate(value))
    return value


def resolved_texts(value: Any) -> set[str]:
    """Give what the references within a value point to, as far as they resolve."""
    if isinstance(value, Mapping):
        return set().union(*(resolved_texts(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(resolved_texts(item) for item in value))
    if not isinstance(value, str):
        return set()
    return {_look_up(match, "", []) for match in _REFERENCE.finditer(value)} - {""}


def _look_up(match: re.Match[str], path: str, faults: list[Fault]) -> str:
    name = match["name"]
    if match["source"] == "env":
        value = _variable(name)
        if value is None:
            faults.append(Fault(path, f"{match[0]}: the environment variable {name} is not set; set it"))
        return value or ""
    try:
        return Path(name).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        faults.append(
            Fault(path, f"{match[0]}: the file cannot be read ({reason}); mend the path or its permissions")
        )
        return ""


def _variable(name: str) -> str | None:
    try:
        return os.environ.get(name)
    except UnicodeEncodeError:  # a name that no variable can have
        return None
