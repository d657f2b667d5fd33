"""Reads a mapping of the config as one of its models, and gives every fault in it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, get_args

from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.contract.types.fit import fit
from newsdesk.contract.types.misfit import Misfit
from newsdesk.exceptions import Fault
from newsdesk.secrets import mask_text, names_secret

Model = TypeVar("Model")


def read(model: type[Model], value: object, section: str = "") -> tuple[Model | None, list[Fault]]:
    """Give a mapping as a model; None beside its faults."""
    keys = {key.name: key for key in fields(model)}  # type: ignore[arg-type]  # a dataclass
    if not isinstance(value, Mapping):
        if section:
            return None, [Fault(section, f"must be a mapping, but is {_shown(value)}")]
        return None, [Fault("", f"a config must be a mapping with the keys {listed(keys)}")]
    faults = []
    read_keys: dict[str, Any] = {}
    meant = {key.metadata.get("mistaken"): name for name, key in keys.items()}
    for name, item in value.items():
        path = f"{section}.{name}" if section else str(name)
        if not isinstance(name, str):
            faults.append(Fault(path, f"a key must be a string, but is {_shown(name)}"))
        elif name not in keys:
            hint = f" (did you mean {meant[name]!r}?)" if name in meant else did_you_mean(name, list(keys))
            known = f"unknown key{hint}; there are: {listed(keys)}"
            faults.append(Fault(path, known))
        else:
            read_keys[name], wrong = _key(keys[name], item, path)
            faults += wrong
    faults += [
        Fault(f"{section}.{name}", f"missing; {section} requires it")
        for name, key in keys.items()
        if key.default is key.default_factory is MISSING
        and name not in value
        and key.metadata.get("mistaken") not in value
    ]
    return (None, faults) if faults else (model(**read_keys), [])


def model_in(annotation: Any) -> type | None:
    """Give the model that a key holds, be it alone or one of a union."""
    parts = (annotation, *get_args(annotation))
    return next((part for part in parts if isinstance(part, type) and is_dataclass(part)), None)


def _key(key: Any, value: object, path: str) -> tuple[Any, list[Fault]]:
    model = model_in(key.type)
    if model is not None and (value is not None or key.type is model):
        short = key.metadata.get("short")
        return read(model, {short: value} if short and isinstance(value, str) else value, path)
    fitted, misfits = fit(key.type, value)
    return fitted, [
        Fault(
            ".".join([path, *map(str, misfit.at)]),
            f"{misfit.must}, but is {_shown(misfit.value, [key.name, *misfit.at])}{_hint(misfit)}",
        )
        for misfit in misfits
    ]


def _shown(value: Any, names: Iterable[object] = ()) -> str:
    """Show a number or a string; of anything else only the type, since it may contain secrets.

    Args:
        value: What to show.
        names: The keys that lead to it; one may be that of a secret, of which only the type is shown.
    """
    is_secret = any(names_secret(str(name)) for name in names)
    if value is None or (isinstance(value, str | int | float) and not is_secret):
        return repr(mask_text(value) if isinstance(value, str) else value)
    return f"of type {type(value).__name__}"


_EXPONENT = re.compile(r"[-+]?[0-9]+[.]?[0-9]*[eE][-+]?[0-9]{1,2}")


def _hint(misfit: Misfit) -> str:
    """Say how to write a number such as `1e-3`, which YAML 1.1 takes for a text."""
    if "number" not in misfit.must or not _EXPONENT.fullmatch(str(misfit.value)):
        return ""
    return f"; write {float(misfit.value)}"
