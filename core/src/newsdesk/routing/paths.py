"""Paths into a record, with wildcards: `dataset.data_provider.password`, `**.token`, `model."a.b".0`.

Keys are separated by dots; a number is also the index of an item in a list. A `*` within a key is any text, a
key `*` is any key or item of one level, and `**` is any number of levels. A key in double quotes, written as
in JSON, is taken literally.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Self, TypeAlias

from newsdesk.exceptions import DefinitionError
from newsdesk.secrets.reference import WRITTEN

Keys: TypeAlias = tuple[str | int, ...]
"""A place in a record: keys of mappings, and indexes of lists."""


class _Deep(Enum):
    """The step `**`."""

    DEEP = "**"


_Step: TypeAlias = str | re.Pattern[str] | Literal[_Deep.DEEP]

_KEY = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')
_INDEX = re.compile("0|[1-9][0-9]{0,17}")
_PLAIN = re.compile(r'[^."*]+')


@dataclass(frozen=True, slots=True)
class Path:
    """A path with wildcards."""

    text: str
    """As it was written."""
    steps: tuple[_Step, ...]
    """A key, a pattern of keys, or any number of levels."""

    @classmethod
    def of(cls, text: object) -> Self:
        """Read a path.

        Raises:
            DefinitionError: It is not one.
        """
        if not isinstance(text, str):
            raise DefinitionError(f"a path must be text, but is of type {type(text).__name__}")
        refuse_references(text)
        steps: list[_Step] = []
        for part in _parts(text):
            step = _step(part, text)
            if not (step is _Deep.DEEP and steps and steps[-1] is step):
                steps.append(step)
        if steps[-1] is _Deep.DEEP:
            steps[-1] = glob("*")  # the next level is the last that matters: a path takes all that is below
        return cls(text, tuple(steps))

    @property
    def root(self) -> str | None:
        """The top-level key of the record that it begins with; None if that is a wildcard."""
        return self.steps[0] if isinstance(self.steps[0], str) else None

    @property
    def last(self) -> str:
        """The key that it ends with; empty if that is a wildcard."""
        return self.steps[-1] if isinstance(self.steps[-1], str) else ""

    def find(self, record: Mapping[str, Any]) -> Iterator[tuple[Keys, Any]]:
        """Yield the places in a record that it leads to, each once, with the value there."""
        return _walk(self.steps, record, (), set())

    def sibling_keys(self, record: Mapping[str, Any]) -> list[str]:
        """Return the keys where it ends, if it has no wildcards and only its last key is not there."""
        value: Any = record
        for step in self.steps[:-1]:
            found = [item for _, item in _fitting(step, value)] if isinstance(step, str) else []
            value = found[0] if found else None
        last = self.steps[-1]
        is_missing = isinstance(last, str) and isinstance(value, dict) and last not in value
        return list(value) if is_missing else []


def refuse_references(text: str) -> None:
    """Raise a DefinitionError for a text with a reference in it, which nothing would resolve."""
    if re.search(WRITTEN, text):
        raise DefinitionError(
            "must have no reference such as ${env:NAME}, since only those in parameters are resolved; write "
            "the value, or choose it with 'environments'"
        )


def glob(text: str) -> re.Pattern[str]:
    """Return a pattern in which `*` is any text, for `fullmatch`."""
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)


def text_of(keys: Keys) -> str:
    """Write a place as a path that leads there."""
    return ".".join(
        str(key) if isinstance(key, int) else key if _is_plain(key) else json.dumps(key) for key in keys
    )


def _is_plain(key: str) -> bool:
    return _PLAIN.fullmatch(key) is not None and key.isprintable() and key == key.strip()


def _parts(text: str) -> Iterator[str]:
    if not text:
        raise DefinitionError("a path must name a key, but is empty")
    at = 0
    while True:
        match = _KEY.match(text, at)
        if match is None:
            hint = "close the quote" if text[at : at + 1] == '"' else "remove a dot, or quote the key"
            raise DefinitionError(f"the path {text!r} has no key at character {at + 1}; {hint}")
        yield match[0]
        at = match.end()
        if at == len(text):
            return
        if text[at] != ".":
            raise DefinitionError(
                f"the path {text!r} has a quote within a key, at character {at + 1}; quote the whole key, as "
                "in 'model.\"a.b\"'"
            )
        at += 1


def _step(part: str, text: str) -> _Step:
    if part.startswith('"'):
        try:
            return str(json.loads(part))
        except ValueError as error:
            raise DefinitionError(
                f"the path {text!r} has a quoted key that is not JSON: {part}; correct it"
            ) from error
    if part == "**":
        return _Deep.DEEP
    if "**" in part:
        raise DefinitionError(f"the path {text!r} has ** within a key; write one * there")
    if part != part.strip():
        raise DefinitionError(f"the path {text!r} has a key with blanks around it; remove them, or quote it")
    return glob(part) if "*" in part else part


def _walk(
    steps: tuple[_Step, ...], value: Any, at: Keys, seen: set[tuple[int, Keys]]
) -> Iterator[tuple[Keys, Any]]:
    if (len(steps), at) in seen:  # several `**` lead to one place in many ways
        return
    seen.add((len(steps), at))
    if not steps:
        yield at, value
    elif steps[0] is _Deep.DEEP:
        yield from _walk(steps[1:], value, at, seen)
        for key, item in _items(value):
            if isinstance(item, dict | list):
                yield from _walk(steps, item, (*at, key), seen)
    else:
        for key, item in _fitting(steps[0], value):
            yield from _walk(steps[1:], item, (*at, key), seen)


def _fitting(step: _Step, value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(step, re.Pattern):
        yield from ((key, item) for key, item in _items(value) if step.fullmatch(str(key)))
    elif isinstance(value, dict) and step in value:
        yield str(step), value[step]
    elif isinstance(value, list) and isinstance(step, str) and _INDEX.fullmatch(step):
        yield from [(int(step), item) for item in value[int(step) : int(step) + 1]]


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
