"""The text of a config, JSON or YAML, as a value."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from newsdesk.exceptions import DefinitionError, Fault

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
    faults: tuple[Fault, ...] = ()
    """Keys that a mapping has twice."""

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
        return cls(text, name, lines.value, lines.faults)

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """Sort faults by line, and put the line in front of each."""
        from newsdesk.config.lines import Lines  # noqa: PLC0415  (YAML, also for the lines of JSON)

        try:
            return Lines.of(self.text, self.name).located(faults)
        except DefinitionError:  # JSON that is not YAML: indented with tabs
            return sorted(faults)


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
