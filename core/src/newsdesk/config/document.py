"""The text of a config, JSON or YAML, as a value."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsdesk.exceptions import DefinitionError, Fault

if TYPE_CHECKING:
    from newsdesk.config.lines import Lines

BRACKETS = 100
"""Brackets of JSON that is read without YAML: it is then no deeper than `newsdesk.config.lines` allows."""


@dataclass(frozen=True)
class Document:
    """What a config says."""

    text: str
    """Its text."""
    name: str
    """Its name in messages."""
    value: Any
    """Its value."""
    lines: "Lines | None" = None
    """Its lines; None for JSON, which is read without them."""

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Document":
        """Read a file.

        Raises:
            DefinitionError: it cannot be read, or is neither JSON nor YAML.
        """
        name = os.fspath(path)
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise DefinitionError(
                f"cannot read the config {name!r}: {error.reason} at byte {error.start}; save it as UTF-8"
            ) from error
        except OSError as error:
            raise DefinitionError(f"cannot read the config {name!r}: {error.strerror}") from error
        return cls.of(text, name)

    @classmethod
    def of(cls, text: str, name: str) -> "Document":
        """Read a document; YAML, of which JSON is a part, is only imported where JSON is not enough.

        Raises:
            DefinitionError: it is neither.
        """
        value = _plain_json(text)
        if value is not None:
            return cls(text, name, value)
        from newsdesk.config.lines import Lines  # noqa: PLC0415  (YAML: 0.02 s)

        lines = Lines.of(text, name)
        return cls(text, name, lines.value, lines)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Keys that a mapping has twice."""
        return () if self.lines is None else self.lines.faults

    def line(self, path: str) -> int:
        """Give the line of a path, or of the nearest outer value that has one; 0 if none is known."""
        return 0 if self.lines is None else self.lines.line(path)

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """Sort faults by line, and put the line in front of each."""
        from newsdesk.config.lines import Lines  # noqa: PLC0415  (YAML, also for the lines of JSON)

        try:
            lines = self.lines or Lines.of(self.text, self.name)
        except DefinitionError:  # JSON that is not YAML: indented with tabs
            return sorted(faults)
        return lines.located(faults)


def _plain_json(text: str) -> dict[str, Any] | None:
    """Read an object in which no key is twice, and that is not deep; None for anything else."""
    if not text.lstrip().startswith("{") or text.count("{") + text.count("[") > BRACKETS:
        return None
    try:
        value: dict[str, Any] = json.loads(text, object_pairs_hook=_unique)
    except ValueError:
        return None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is twice")
    return made
