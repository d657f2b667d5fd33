"""`${env:NAME}` and `${file:PATH}`: values that stay out of a config until they are needed."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from newsdesk.contract.parameters.urls import resolve_text
from newsdesk.exceptions import Fault
from newsdesk.secrets.reference import REFERENCE, with_default
from newsdesk.worker import ForkLock

USED = "; its default is used"
"""The end of what `sources` says of a variable that is unset or empty."""


def is_reference(value: Any) -> bool:
    """Tell whether a value has a reference in it, so that what it stands for is not known yet.

    Example:
        >>> from newsdesk import is_reference
        >>> is_reference("${env:WIKI_URL}"), is_reference("https://wiki"), is_reference({"a": "${file:b}/c"})
        (True, False, True)
    """
    return any(REFERENCE.search(text) for _, text in _texts(value))


def looks_like_one(value: Any) -> bool:
    """Tell whether `${` stands anywhere in a value, and begins no reference."""
    return any("${" in REFERENCE.sub("", text) for _, text in _texts(value))


def malformed(value: Any, path: str) -> list[Fault]:
    """Give a fault for each reference within a value whose default is not one.

    Args:
        value: A parameter's value.
        path: What faults call it.
    """
    return [
        Fault(place, f"{with_default(reference, '…')}: a default must not contain braces, so no reference")
        for place, text in _texts(value, path)
        for reference in REFERENCE.finditer(text)
        if "{" in (reference["default"] or "")
    ]


def sources(value: Any) -> list[str]:
    """Say of each reference within a value what it uses: whether the variable is set, the file there."""
    return [_source(match) for _, text in _texts(value) for match in REFERENCE.finditer(text)]


def _source(reference: re.Match[str]) -> str:
    name = reference["name"]
    if not reference["env"]:
        return f"{name} {'exists' if os.path.exists(name) else 'does not exist'}"  # noqa: PTH110  (any text)
    value = _variable(name)
    state = "not set" if value is None else "set" if value else "empty"
    return f"{name} is {state}{USED if reference['default'] is not None and not value else ''}"


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give each text within a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}.{index}")


def resolve(value: Any, path: str, faults: list[Fault], found: set[str]) -> Any:
    """Give a value with its references replaced by what they point to.

    A reference may be the whole of a string or a part of it; within a URL it is resolved by its place, see
    `resolve_text`. Any other `$` is data. A default takes the place of a variable that is unset or empty, as
    `:-` of POSIX shells. Of a file the last line break is left out. Each file is read once: it may be a pipe.

    Args:
        value: A parameter's value.
        path: What faults call it.
        faults: Gets the references that point to nothing, or to what has no place in a URL.
        found: Gets the texts that references point to, so that they can be masked; defaults are not among
            them, since they are as secret as any other value of their parameter.
    """
    if isinstance(value, str):
        missing, misplaced = list[Fault](), list[Fault]()
        text = resolve_text(
            value,
            lambda match: _look_up(match, path, missing, found),
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


def variables(value: Any) -> set[str]:
    """Give the values of the environment variables that the references within a value name."""
    found = [match for _, text in _texts(value) for match in REFERENCE.finditer(text)]
    return {text for match in found if match["env"] and (text := _variable(match["name"]))}


def _look_up(reference: re.Match[str], path: str, faults: list[Fault], found: set[str]) -> str:
    """Give what a reference points to; what is not in the config is noted in `found`."""
    if wrong := malformed(reference[0], path):
        faults += wrong
        return ""
    value = _variable(reference["name"]) if reference["env"] else _content(reference, path, faults)
    if value:
        found.add(value)
    elif reference["default"] is not None:
        return reference["default"]
    elif value is None and reference["env"]:
        text = f"the environment variable {reference['name']} is not set; set it"
        faults.append(Fault(path, f"{reference[0]}: {text}"))
    return value or ""


def _content(reference: re.Match[str], path: str, faults: list[Fault]) -> str | None:
    try:
        return _read(Path(reference["name"])).decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        text = f"the file cannot be read ({reason}); fix the path or its permissions"
        faults.append(Fault(path, f"{reference[0]}: {text}"))
        return None


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


def _read(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISFIFO(status.st_mode):
        return path.read_bytes()
    return _pipes.setdefault((status.st_dev, status.st_ino), _Pipe()).read(path)


def _variable(name: str) -> str | None:
    try:
        return os.environ.get(name)
    except UnicodeEncodeError:  # a name that no variable can have
        return None
