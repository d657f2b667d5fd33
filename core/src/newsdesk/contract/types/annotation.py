"""Pure: what an annotation asks for."""

import operator
from collections.abc import Callable, Hashable, Mapping
from typing import Annotated, Any, ForwardRef, NamedTuple, TypeVar, get_args, get_origin, get_type_hints


class Bound(NamedTuple):
    """A bound that a mark of `Annotated` sets by an attribute, named as in `annotated_types`."""

    holds: Callable[[Any, Any], bool]
    must: str
    keyword: str
    """JSON Schema's name for it."""


BOUNDS: Mapping[str, Bound] = {
    "ge": Bound(operator.ge, "must be greater than or equal to {}", "minimum"),
    "gt": Bound(operator.gt, "must be greater than {}", "exclusiveMinimum"),
    "le": Bound(operator.le, "must be less than or equal to {}", "maximum"),
    "lt": Bound(operator.lt, "must be less than {}", "exclusiveMaximum"),
    "min_length": Bound(
        lambda value, least: len(value) >= least, "must have a length of at least {}", "minLength"
    ),
    "max_length": Bound(
        lambda value, most: len(value) <= most, "must have a length of at most {}", "maxLength"
    ),
}
_QUALIFIERS = frozenset({"Required", "NotRequired", "ReadOnly", "Final"})


class Kind(NamedTuple):
    """An annotation without what only wraps it."""

    origin: Any
    """The class, or the special form such as `Union`; `Any` where nothing can be checked."""
    args: tuple[Any, ...]
    bounds: tuple[tuple[Bound, Any], ...] = ()


def kind_of(annotation: Any) -> Kind:
    """Give what an annotation asks for, without Annotated, NewType, aliases and the like."""
    marks: list[Any] = []
    while True:
        if get_origin(annotation) is Annotated:
            for mark in annotation.__metadata__:
                within = getattr(mark, "metadata", None)  # a pydantic.Field has its marks there
                marks += [mark, *(within if isinstance(within, list) else ())]
            annotation = annotation.__origin__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif getattr(get_origin(annotation), "_name", None) in (
            "Required",
            "NotRequired",
            "ReadOnly",
            "Final",
        ):
            (annotation,) = get_args(annotation)
        else:
            break
    bounds = tuple(
        (bound, limit)
        for mark in marks
        for name, bound in BOUNDS.items()
        if (limit := getattr(mark, name, None)) is not None and not callable(limit)
    )
    if annotation is None:
        return Kind(type(None), (), bounds)
    unknown = isinstance(annotation, str | ForwardRef | TypeVar) or not isinstance(annotation, Hashable)
    if annotation is object or unknown:
        return Kind(Any, (), bounds)
    return Kind(get_origin(annotation) or annotation, get_args(annotation), bounds)


def is_typed_dict(origin: Any) -> bool:
    """Tell whether a class is a TypedDict, of typing or of typing_extensions."""
    return isinstance(origin, type) and issubclass(origin, dict) and hasattr(origin, "__total__")


def fields_of(record: type) -> Mapping[str, Any]:
    """Give the annotations of a class's fields; none, if they do not resolve."""
    try:
        return get_type_hints(record, include_extras=True)
    except Exception:  # noqa: BLE001  (whatever it raises, there is nothing to check by)
        return {}
