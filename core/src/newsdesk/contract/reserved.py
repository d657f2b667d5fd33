"""The names that a reporter's class must leave to `BaseReporter`: its methods, and what it keeps."""

import inspect
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from typing import Any


def check_class(cls: type, base: type) -> None:
    """Refuse a class that uses a name of `base` for something else than overriding that method.

    A parameter or a field of a dataclass is stored as an attribute of its name, which would hide the method.

    Raises:
        TypeError: It does; names each of them, and what to do.
    """
    names = reserved(base)
    faults = [
        f"the parameter {name!r} has the name of a method of {base.__name__}; rename it"
        for name in _parameters(cls)
        if name in names
    ]
    for owner in cls.__mro__:
        if owner not in base.__mro__:
            faults += _faults(owner, base, names)
    if faults:
        raise TypeError(f"{cls.__module__}.{cls.__qualname__}: {'; '.join(dict.fromkeys(faults))}")


def check_attribute(cls: type, name: str, base: type) -> None:
    """Refuse an attribute of an instance that would hide a method of `base`.

    Raises:
        TypeError: It would.
    """
    if name in reserved(base):
        raise TypeError(
            f"{cls.__name__} cannot set the attribute {name!r}, a method of {base.__name__}; "
            f"rename it, for example to '_{name}'"
        )


def reserved(base: type) -> AbstractSet[str]:
    """Give the names that a class defines for its subclasses to call or override."""
    return {name for name in vars(base) if not name.startswith("_")}


def _parameters(cls: type) -> Collection[str]:
    try:
        return inspect.signature(cls.__init__).parameters  # type: ignore[misc]  # the class is asked
    except (TypeError, ValueError):  # one in C
        return ()


def _faults(owner: type, base: type, names: AbstractSet[str]) -> Iterator[str]:
    fields = names & inspect.get_annotations(owner).keys()
    for name in fields:
        yield f"the field {name!r} has the name of a method of {base.__name__}; rename it"
    for name in (names & vars(owner).keys()) - fields:
        value = vars(owner)[name]
        if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
            yield f"{name}() must be a plain method: write 'def', not 'async def'"
        elif not _overrides(value, vars(base)[name]):
            kind = type(value).__name__
            yield f"{name!r} must be a method as in {base.__name__}, but is of type {kind}; rename it"


def _overrides(value: Any, original: Any) -> bool:
    if isinstance(original, property | classmethod):
        return isinstance(value, classmethod) and isinstance(original, classmethod)
    return callable(value) and not isinstance(value, type | staticmethod)
