"""Pure: a definition as an outline: a line for each class, with its parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

DEPTH = 8
"""Levels that are shown; what is below them is an ellipsis."""


def outline(definition: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a definition, each with its level.

    Example:
        >>> from newsdesk.cli.pages.outline import outline
        >>> [*outline({"Pipeline": {"steps": ["Scaler", {"Ridge": {"alpha": 1}}]}})]
        [(0, 'Pipeline'), (1, 'steps:'), (2, 'Scaler'), (2, 'Ridge  alpha=1')]
    """
    for name, value in definition.items():
        yield from _lines(name, value, 0)


def _lines(name: str, value: Any, level: int) -> Iterator[tuple[int, str]]:
    if level >= DEPTH:
        yield level, "…"
        return
    if isinstance(value, Mapping):
        params = [f"{key}={_scalar(part)}" for key, part in value.items() if _is_scalar(part)]
        yield level, "  ".join([name, " ".join(params)]) if params else name
        for key, part in value.items():
            if isinstance(part, Mapping):
                yield from _lines(key if _is_class(key) else f"{key}:", part, level + 1)
            elif not _is_scalar(part):
                yield from _items(key, part, level + 1)
    elif isinstance(value, list) and not _is_scalar(value):
        yield from _items(name, value, level)
    else:
        yield level, f"{name}: {_scalar(value)}"


def _items(name: str, items: list[Any], level: int) -> Iterator[tuple[int, str]]:
    yield level, f"{name}:"
    for item in items:
        if isinstance(item, Mapping):
            for key, part in item.items():
                yield from _lines(key, part, level + 1)
        elif isinstance(item, list) and not _is_scalar(item):
            yield from _items("-", item, level + 1) if level + 1 < DEPTH else [(level + 1, "…")]
        else:
            yield level + 1, _scalar(item)


def _is_class(key: str) -> bool:
    """Tell a class, which has no colon behind it, from a parameter."""
    return "." in key or key[:1].isupper()


def _is_scalar(value: Any) -> bool:
    """Tell whether a value is shown on the line of what it belongs to: also a short list of plain values."""
    if isinstance(value, list):
        return all(isinstance(item, int | float | None) for item in value)
    return not isinstance(value, Mapping)


def _scalar(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar, value))}]"
    return (
        {None: "null", True: "true", False: "false"}.get(value, str(value)) if _is_word(value) else str(value)
    )


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)
