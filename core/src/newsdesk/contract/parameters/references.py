"""`${env:NAME}` and `${file:PATH}`: values that stay out of a config until they are needed."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newsdesk.contract.parameters.urls import REFERENCE, resolve_text
from newsdesk.exceptions import Fault
from newsdesk.worker import ForkLock


def is_reference(value: Any) -> bool:
    """Tell whether a value has a reference in it, so that what it stands for is not known yet.

    Example:
        >>> from newsdesk import is_reference
        >>> is_reference("${env:WIKI_URL}"), is_reference("https://wiki"), is_reference({"a": "${file:b}/c"})
        (True, False, True)
    """
    if isinstance(value, str):
        return REFERENCE.search(value) is not None
    if isinstance(value, Mapping):
        return any(is_reference(item) for item in value.values())
    return isinstance(value, list | tuple) and any(is_reference(item) for item in value)


def looks_like_one(value: Any) -> bool:
    """Tell whether `${` stands anywhere in a value, and begins no reference."""
    if isinstance(value, str):
        return "${" in REFERENCE.sub("", value)
    if isinstance(value, Mapping):
        return any(looks_like_one(item) for item in value.values())
    return isinstance(value, list | tuple) and any(looks_like_one(item) for item in value)


def resolve(value: Any, path: str, faults: list[Fault], found: set[str]) -> Any:
    """Give a value with its references replaced by what they point to.

    A reference may be the whole of a string or a part of it; within a URL it is resolved by its place, see
    `resolve_text`. Any other `$` is data. Of a file the last line break is left out. Each file is read once:
    it may be a pipe.

    Args:
        value: A parameter's value.
        path: What faults call it.
        faults: Gets the references that point to nothing, or to what has no place in a URL.
        found: Gets the texts that references point to, so that they can be masked.
    """
    if isinstance(value, str):
        missing, misplaced = list[Fault](), list[Fault]()
        text = resolve_text(
            value,
            lambda match: _noted(_look_up(match, path, missing), found),
            lambda reason: misplaced.append(Fault(path, reason)),
        )
        faults += missing or misplaced
        return text
    if isinstance(value, Mapping):
        return {key: resolve(item, f"{path}.{key}", faults, found) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(
            resolve(item, f"{path}.{index}", faults, found) for index, item in enumerate(value)
        )
    return value


def _noted(text: str, found: set[str]) -> str:
    if text:
        found.add(text)
    return text


def variables(value: Any) -> set[str]:
    """Give the values of the environment variables that the references within a value name."""
    if isinstance(value, Mapping):
        return set().union(*(variables(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(variables(item) for item in value))
    if not isinstance(value, str):
        return set()
    names = [match["name"] for match in REFERENCE.finditer(value) if match["source"] == "env"]
    return {text for name in names if (text := _variable(name))}


def _look_up(match: re.Match[str], path: str, faults: list[Fault]) -> str:
    name = match["name"]
    if match["source"] == "env":
        value = _variable(name)
        if value is None:
            faults.append(Fault(path, f"{match[0]}: the environment variable {name} is not set; set it"))
        return value or ""
    try:
        return _content(Path(name)).decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        faults.append(
            Fault(path, f"{match[0]}: the file cannot be read ({reason}); fix the path or its permissions")
        )
        return ""


class _Pipe:
    """What a pipe gave: it gives it once, and each `open()` of a reporter resolves its references."""

    def __init__(self) -> None:
        self._lock = ForkLock()
        self._content: bytes | None = None

    def read(self, path: Path) -> bytes:
        with self._lock.held:
            if self._content is None:
                self._content = path.read_bytes()
            return self._content


_pipes: dict[tuple[int, int], _Pipe] = {}
"""By device and inode."""


def _content(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISFIFO(status.st_mode):
        return path.read_bytes()
    return _pipes.setdefault((status.st_dev, status.st_ino), _Pipe()).read(path)


def _variable(name: str) -> str | None:
    try:
        return os.environ.get(name)
    except UnicodeEncodeError:  # a name that no variable can have
        return None
