"""The history of the training."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from newsdesk.machine import Machine
from newsdesk.record import paths
from newsdesk.record.values import number_of

_PARAMS = paths.HISTORY_PARAMS.rpartition(".")[2]


@dataclasses.dataclass(frozen=True, slots=True)
class Series:
    """What the training logged under one key, such as `loss`."""

    name: str
    """Its key in the record."""
    path: str
    """Where it is in the record."""
    values: Sequence[float | None]
    """One value for each epoch; None where the record has no number."""
    omitted: int = 0
    """How many of the values are not numbers."""


def history(machine: Machine) -> dict[str, Series]:
    """Return what the training logged by its key, in the record's order; without the params."""
    found = paths.mapping_at(machine, paths.HISTORY)
    return {key: _series(key, recorded) for key, recorded in found.items() if key != _PARAMS}


def history_params(machine: Machine) -> Mapping[str, Any]:
    """Return the params of the training, such as `epochs`, as the record has them."""
    return paths.mapping_at(machine, paths.HISTORY_PARAMS)


def _series(key: str, recorded: Any) -> Series:
    listed = recorded if isinstance(recorded, list) else [recorded]
    values = [number_of(value) for value in listed]
    return Series(key, f"{paths.HISTORY}.{key}", values, values.count(None))
