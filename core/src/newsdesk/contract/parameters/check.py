"""Pure: are these the right parameters for this class?"""

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from newsdesk.contract.parameters.arguments import annotations, signature
from newsdesk.contract.parameters.references import is_reference, malformed
from newsdesk.contract.parameters.secrecy import Secrecy, secrecy
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.contract.types.fit import fit
from newsdesk.contract.types.misfit import How, Misfit
from newsdesk.exceptions import Fault
from newsdesk.secrets import MASK, mask_by_name


def check(cls: type, params: Mapping[str, Any]) -> list[Fault]:
    """Hold parameters against a class's signature and annotations, and give every fault.

    A value with a reference in it is checked when that is resolved, see `coerce`; here, how that is written.
    """
    known = signature(cls).parameters
    names = _names(cls)
    faults = unknown(cls, (), params)
    faults += [
        Fault(name, f"missing; {cls.__name__} requires it")
        for name in names
        if known[name].default is inspect.Parameter.empty and name not in params
    ]
    for name in names:
        if name in params:
            value = params[name]
            faults += malformed(value, name) if is_reference(value) else _wrong(cls, name, value)
    return faults


def unknown(cls: type, args: Sequence[Any], names: Iterable[str]) -> list[Fault]:
    """Give a fault for each argument of a call that a class does not take."""
    kinds = Counter(p.kind for p in signature(cls).parameters.values())
    known = _names(cls)
    faults = [
        Fault(name, f"unknown parameter{did_you_mean(name, known)}; {cls.__name__} takes {listed(known)}")
        for name in names
        if name not in known and not kinds[inspect.Parameter.VAR_KEYWORD]
    ]
    most = kinds[inspect.Parameter.POSITIONAL_ONLY] + kinds[inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if len(args) > most and not kinds[inspect.Parameter.VAR_POSITIONAL]:
        text = (
            f"{len(args)} positional arguments, but {cls.__name__} takes {most}; name them: {listed(known)}"
        )
        faults.append(Fault("", text))
    return faults


def _names(cls: type) -> list[str]:
    any_number = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [name for name, p in signature(cls).parameters.items() if p.kind not in any_number]


def coerce(cls: type, name: str, value: Any, faults: list[Fault]) -> Any:
    """Give a value that a reference pointed to, which is text, in the type that the parameter asks for."""
    fitted, misfits = fit(annotations(cls).get(name, Any), value, How.TEXT)
    faults += _faults(name, misfits, Secrecy.SECRET)
    return value if misfits else fitted


def _wrong(cls: type, name: str, value: Any) -> list[Fault]:
    annotation = annotations(cls).get(name, Any)
    _, misfits = fit(annotation, value)
    faults = _faults(name, misfits, secrecy(cls, name))
    if not faults or fit(annotation, value, How.WRITTEN)[1]:
        return faults
    hint = f"; a config cannot give one, so let {cls.__name__} take this as well and convert it"
    return [Fault(path, message + hint) for path, message in faults]


def _faults(name: str, misfits: Iterable[Misfit], known: Secrecy) -> list[Fault]:
    """Give a fault for each place; without the value, when it is a secret."""
    faults: dict[str, list[tuple[str, str]]] = {}
    for misfit in misfits:  # each member of a union has its own
        where = [name, *map(str, misfit.at)]
        shown = MASK if known is Secrecy.SECRET else _short(_masked(where, misfit.value, known))
        faults.setdefault(".".join(where), []).append((misfit.must, shown))
    return [
        Fault(path, f"{' or '.join(dict.fromkeys(must for must, _ in found))}, but is {found[0][1]}")
        for path, found in faults.items()
    ]


def _masked(path: Iterable[str], value: Any, known: Secrecy) -> Any:
    if known is Secrecy.PUBLIC:
        return value
    for name in path:
        value = mask_by_name(name, value)
    return value


_SHOWN = 80
"""Characters of a value that a message shows: one line of a terminal."""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
