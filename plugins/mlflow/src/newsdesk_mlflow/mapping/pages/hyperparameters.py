"""Pure: the model's definition as params, one for each class and each of its arguments."""

from collections.abc import Iterator
from typing import Any

from newsdesk import Alteration, Machine

from newsdesk_mlflow.mapping.items import Param, text_of

_ROOT = "model"
_DEEPEST = 12
"""Levels that are flattened; what is below is one value."""


def hyperparameters(machine: Machine, most: int) -> tuple[list[Param], list[Alteration]]:
    """Give the definition of a machine's model as params, and what is left out of them.

    A class is the value of its place, and its arguments are below: `model` is `sklearn.pipeline.Pipeline`,
    `model.steps.0` its first step, `model.steps.1.epochs` an argument of the second.

    Args:
        machine: The machine.
        most: How many there may be.
    """
    params = [*_flattened(machine.model, _ROOT, _ROOT, _DEEPEST)]
    if len(params) <= most:
        return params, []
    detail = (
        f"{len(params) - most} of {len(params)} hyperparameters left out, "
        "so that all params are one request; see metadata.json"
    )
    return params[:most], [Alteration(_ROOT, "omitted", detail)]


def _flattened(value: Any, key: str, path: str, levels: int) -> Iterator[Param]:
    if value is None or value in ({}, []):
        return
    name = _class_of(value)
    if name is not None:
        yield Param(key, name, path)
        yield from _flattened(value[name], key, f"{path}.{name}", levels - 1)
    elif levels > 0 and isinstance(value, dict):
        for each, item in value.items():
            yield from _flattened(item, f"{key}.{each}", f"{path}.{each}", levels - 1)
    elif levels > 0 and isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value):
            yield from _flattened(item, f"{key}.{number}", f"{path}.{number}", levels - 1)
    else:
        yield Param(key, text_of(value), path)


def _class_of(value: Any) -> str | None:
    """Give the import path of a class with its arguments, `{"pkg.Class": {…}}`; None for other values."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    [(name, arguments)] = value.items()
    return name if "." in name and isinstance(arguments, dict | None) else None
