"""Pure: the arguments that an object was built with."""

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import chain
from types import SimpleNamespace
from typing import Any, get_type_hints

from newsdesk.secrets import is_secret


class Arguments:
    """The arguments of one call of a class; containers are copied, so that no caller changes them later."""

    def __init__(self, cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.args = tuple(_copy(value) for value in args)
        self.kwargs = {name: _copy(value) for name, value in kwargs.items()}
        self._signature = signature(cls)

    @property
    def given(self) -> dict[str, Any]:
        """The parameters that were given, by name; those of `**kwargs` among the others."""
        try:
            # Partial: that one is missing is told by __init__ itself, in Python's own words; so is any other
            # fault.
            bound = self._signature.bind_partial(*self.args, **self.kwargs)
        except TypeError:
            return {name: _copy(value) for name, value in self.kwargs.items()}
        return _flat(self._signature, bound.arguments)

    def all(self, built: object) -> dict[str, Any]:
        """Give every parameter by name, defaults filled in; default factories' are read off `built`."""
        given = self.given
        result = {}
        for name, parameter in self._signature.parameters.items():
            if name in given:
                result[name] = given[name]
            elif parameter.default is not parameter.empty:
                # In the signature, a dataclass's factory is a placeholder.
                is_factory = type(parameter.default).__name__ == "_HAS_DEFAULT_FACTORY_CLASS"
                result[name] = getattr(built, name) if is_factory else parameter.default
        return {**result, **given}

    def mapped(self, change: Callable[[str, Any], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Give args and kwargs with `change(name, value)` in each one's place."""
        positional = [name for name, p in self._signature.parameters.items() if p.kind in _POSITIONAL]
        names = chain(positional, (f"argument {index}" for index in range(len(positional), len(self.args))))
        args = tuple(change(name, value) for name, value in zip(names, self.args, strict=False))
        return args, {name: change(name, value) for name, value in self.kwargs.items()}


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@lru_cache(maxsize=512)
def signature(cls: type) -> inspect.Signature:
    """Give the signature of a class's `__init__`, without `self`."""
    whole = inspect.signature(cls.__init__)  # type: ignore[misc]  # the class is asked, no instance
    return whole.replace(parameters=list(whole.parameters.values())[1:])


@lru_cache(maxsize=512)
def annotations(cls: type) -> Mapping[str, Any]:
    """Give the annotations of a class's parameters; a text that does not resolve stays a text."""
    init = cls.__init__  # type: ignore[misc]  # the class is asked, no instance
    names = getattr(inspect.unwrap(init), "__globals__", {})
    return {
        name: _resolved(annotation, names)
        for name, annotation in getattr(init, "__annotations__", {}).items()
    }


@lru_cache(maxsize=512)
def secret_names(cls: type) -> frozenset[str]:
    """Give the names of the parameters that the class, or a parent, annotates as `Secret`."""
    return frozenset(
        name
        for base in cls.__mro__  # a subclass may hand its **kwargs on
        for name, annotation in annotations(base).items()
        if is_secret(annotation)
    )


def _resolved(annotation: Any, names: dict[str, Any]) -> Any:
    """Resolve one annotation by itself, so that one name behind TYPE_CHECKING does not cost all others."""
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        return get_type_hints(holder, globalns=names, include_extras=True)["it"]
    except Exception:  # noqa: BLE001  (whatever it raises, there is nothing to check by)
        return annotation


def _flat(signature: inspect.Signature, arguments: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            result.update(value)
        elif kind is not inspect.Parameter.VAR_POSITIONAL or value:
            result[name] = value
    return {name: _copy(value) for name, value in result.items()}


def _copy(value: Any) -> Any:
    """Copy the containers, so that a caller who changes his own does not change ours."""
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(_copy(item) for item in value)
    return value
