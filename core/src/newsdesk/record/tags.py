"""The tags that a model reads and predicts."""

from typing import Any

from newsdesk.machine import Machine
from newsdesk.record import paths


def tags(machine: Machine) -> list[str]:
    """Return the names of the tags that the model reads, in the record's order."""
    return _names(machine, paths.TAGS)


def target_tags(machine: Machine) -> list[str]:
    """Return the names of the tags that the model predicts: those that it reads, if the record names none."""
    return _names(machine, paths.TARGET_TAGS) or tags(machine)


def _names(machine: Machine, path: str) -> list[str]:
    listed = paths.value_at(machine, path)
    names = [_name(tag) for tag in listed] if isinstance(listed, list) else []
    return [name for name in names if isinstance(name, str) and name]


def _name(tag: Any) -> Any:
    """Return the name of a tag, which is a name, a mapping with one, or a list that begins with one."""
    if isinstance(tag, dict):
        return tag.get("name")
    if isinstance(tag, list):
        return tag[0] if tag else None
    return tag
