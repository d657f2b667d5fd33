"""Pure: an environment of a config laid over its base.

Mappings are merged key by key, as is a text that is short for one; any other value, a list too, replaces
that of the base. A reporter takes what it does not set from the base's of the same name and label; a label
alone is that reporter.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple, Self

from newsdesk.config.model import ConfigModel
from newsdesk.exceptions import Fault
from newsdesk.plugins.definition import NULL, OPTIONS

_SHORT = {key.name: short for key in fields(ConfigModel) if (short := key.metadata.get("short"))}
"""The key that a text alone gives, of each key that is a mapping otherwise."""


class Laid(NamedTuple):
    """A base with an environment laid over it."""

    value: Mapping[str, Any]
    """The whole, without environments."""
    origins: Mapping[str, str]
    """Where in the document a path of the whole is, with all below it, if elsewhere."""
    faults: Sequence[Fault]
    """Labels that several reporters of the base have, by their places in the document."""


def laid(base: Mapping[str, Any], section: Mapping[str, Any], at: str) -> Laid:
    """Lay an environment over a base.

    Args:
        base: The config without its environments.
        section: The environment.
        at: Its path in the document.
    """
    layer = _Layer()
    return Laid(layer.merged(base, section, "", "", at), layer.origins, layer.faults)


def targets(entries: object) -> dict[str, str]:
    """Give the name or import path of each entry of `reporters`, by its label."""
    parts = map(_Part.of, entries if isinstance(entries, list) else [])
    return {part.label: part.target for part in parts if part is not None}


class _Layer:
    """Merges values, and notes where they are from."""

    def __init__(self) -> None:
        self.origins: dict[str, str] = {}
        self.faults: list[Fault] = []

    def merged(self, base: Any, over: Any, path: str, base_at: str, over_at: str) -> Any:
        """Merge two values.

        Args:
            base: What the base has at a path.
            over: What the environment has there.
            path: That path.
            base_at: Where that of the base is in the document.
            over_at: Where that of the environment is in the document.
        """
        self.origins[path] = over_at
        if path == "reporters" and isinstance(base, list) and isinstance(over, list):
            return self._reporters(base, over, over_at)
        short = _SHORT.get(path)
        text_at = ""
        if short and isinstance(base, str) and isinstance(over, Mapping):
            base, text_at = {short: base}, "" if short in over else base_at
        elif short and isinstance(base, Mapping) and isinstance(over, str):
            over, text_at = {short: over}, over_at
        if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
            return over
        whole = {**base, **over}
        for key in base:
            places = [_below(place, key) for place in (path, base_at, over_at)]
            if key in over:
                whole[key] = self.merged(base[key], over[key], *places)
            else:
                self.origins[places[0]] = places[1]
        if text_at:
            self.origins[f"{path}.{short}"] = text_at
        return whole

    def _reporters(self, base: Sequence[Any], over: Sequence[Any], over_at: str) -> list[Any]:
        known = [(index, part) for index, entry in enumerate(base) if (part := _Part.of(entry))]
        by_label = {part.label: (index, part) for index, part in reversed(known)}
        counts = Counter(part.label for _, part in known)
        whole = list(over)
        for number, part in enumerate(map(_Part.of, over)):
            if part is None or part.label not in by_label:
                continue
            index, other = by_label[part.label]
            if not (part.is_bare or part.target == other.target):
                continue
            path, at = f"reporters.{number}", f"{over_at}.{number}"
            own = {} if part.is_bare else part.entry
            whole[number] = self.merged(other.entry, own, path, f"reporters.{index}", at)
            if "label" not in own:  # what the entry says in its place
                self.origins[f"{path}.label"] = at
            if counts[part.label] > 1:
                text = f"the base has several reporters {part.label!r}; give them labels"
                self.faults.append(Fault(at, text))
        return whole


class _Part(NamedTuple):
    """An entry of `reporters`."""

    target: str
    label: str
    entry: Mapping[str, Any]
    """The entry as a mapping."""
    is_bare: bool
    """Whether it is a text; in an environment it may be a label of the base."""

    @classmethod
    def of(cls, entry: object) -> Self | None:
        """Read an entry; None for one of another form, which is reported when it is built."""
        if not isinstance(entry, Mapping | str | None):
            return None
        whole: dict[Any, Any] = dict(entry) if isinstance(entry, Mapping) else {entry: None}
        targets = [key for key in whole if key not in OPTIONS]
        if len(targets) != 1 or not isinstance(targets[0], str | None):
            return None
        target = NULL if targets[0] is None else targets[0].strip()
        params = whole.pop(targets[0])
        label = whole.get("label", target)
        return cls(
            target,
            str(label),
            {target: {} if params is None else params, **whole},
            not isinstance(entry, Mapping),
        )


def _below(path: str, key: object) -> str:
    return f"{path}.{key}".removeprefix(".")
