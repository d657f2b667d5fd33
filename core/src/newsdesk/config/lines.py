"""The line of each value in a YAML file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import ComposerError

from newsdesk.exceptions import DefinitionError, Fault

DEPTH = 100
"""Levels of a document: more than a config needs, and fewer than Python's recursion limit."""


@dataclass(frozen=True)
class Lines:
    """A YAML document, with the lines of its keys and items."""

    value: Any
    """The document."""
    numbers: dict[str, int]
    """The line of each dotted path, counted from 1."""
    faults: tuple[Fault, ...]
    """Keys that a mapping has twice: YAML silently takes the last."""

    @classmethod
    def of(cls, text: str, name: str) -> "Lines":
        """Read a document.

        Raises:
            DefinitionError: it is not valid YAML.
        """
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            value = yaml.safe_load(text)
            places = [] if node is None else list(_places(node, "", {}, DEPTH))
        except Exception as error:  # what a tag such as !!bool does not understand raises anything
            raise DefinitionError(f"{name!r} is not valid YAML: {reason(error)}") from error
        twice = [Fault(path, "duplicate key; keep one") for path, _, again in places if again]
        return cls(value, {path: line for path, line, _ in places}, tuple(twice))

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """Sort faults by line, and put the line in front of each."""
        ordered = sorted((self.line(fault.path), fault) for fault in faults)
        return [
            Fault(f"line {line}: {fault.path}" if line else fault.path, fault.message)
            for line, fault in ordered
        ]

    def line(self, path: str) -> int:
        """Give the line of a path, or of the nearest outer value that has one; else 0."""
        while path and path not in self.numbers:
            path = path.rpartition(".")[0]
        return self.numbers.get(path, 0)


class UniqueLoader(yaml.SafeLoader):
    """Reads YAML, and refuses duplicate keys, of which YAML itself takes the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Check a mapping before other mappings are merged into it."""
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                text = f"duplicate key {key.value!r}; keep one"
                raise ComposerError(problem=text, problem_mark=key.start_mark)
            seen.add(str(key.value))
        return node


def _places(
    node: yaml.Node, path: str, visited: dict[int, bool], depth: int
) -> Iterator[tuple[str, int, bool]]:
    """Give path, line and whether it is a duplicate, for all below a node; of an alias only the path."""
    if id(node) in visited:  # nine lines of aliases to aliases would be a billion places
        if not visited[id(node)]:
            raise ComposerError(
                problem="an anchor that contains itself; write it out", problem_mark=node.start_mark
            )
        return
    if depth == 0:
        raise ComposerError(problem=f"nested deeper than {DEPTH} levels", problem_mark=node.start_mark)
    visited[id(node)] = False
    seen: set[str] = set()
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = f"{path}.{key.value}".lstrip(".") if isinstance(key, yaml.ScalarNode) else path
            yield below, key.start_mark.line + 1, below in seen
            seen.add(below)
            yield from _places(value, below, visited, depth - 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            below = f"{path}.{index}".lstrip(".")
            yield below, item.start_mark.line + 1, False
            yield from _places(item, below, visited, depth - 1)
    visited[id(node)] = True


def reason(error: Exception) -> str:
    """Give in one line why a text is not valid YAML, and where."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is not None and problem is not None:
        place = f"line {mark.line + 1}, column {mark.column + 1}: {problem}"
        if "'\\t'" in problem:
            return f"{place}; indent with spaces"
        is_alias = "alias" in f"{problem} {getattr(error, 'context', '')}"
        return f"{place}; quote a text that begins with *" if is_alias else place
    if isinstance(error, yaml.YAMLError | RecursionError):
        return str(error)
    return f"a value does not fit its tag ({type(error).__name__}: {error})"
