"""Pure: the model key, the machine's own or that of a user's builder."""

import importlib
from typing import Any

from newsdesk import DefinitionError, Machine

from newsdesk_mlflow.errors import MlflowLoggingError


def model_key_of(machine: Machine, builder: type[Any] | str | None) -> str:
    """Return the model key of a machine.

    Args:
        machine: The machine.
        builder: A class, or its import path, that computes it; None for the machine's own.

    Raises:
        DefinitionError: the class cannot be imported.
        MlflowLoggingError: it fails.
    """
    if builder is None:
        return machine.model_key
    cls = _imported(builder)
    try:
        return str(cls(machine.source).calculate_cache_key(machine.source))
    except Exception as error:  # the boundary: the builder is the user's own, and raises what it likes
        raise MlflowLoggingError(
            f"model_builder_class {_name(cls)} cannot compute the model key of {str(machine.key)!r}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _imported(builder: type[Any] | str) -> Any:
    """Give a class by its import path, `pkg.mod.Class` or `pkg.mod:Class`."""
    if not isinstance(builder, str):
        return builder
    module, _, name = builder.partition(":") if ":" in builder else builder.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise DefinitionError(
            f"model_builder_class {builder!r} cannot be imported: {error}; "
            "give a class, or its import path 'pkg.mod.Class'"
        ) from error


def _name(builder: Any) -> str:
    return f"{builder.__module__}.{builder.__qualname__}" if isinstance(builder, type) else repr(builder)
