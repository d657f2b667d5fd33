"""The decorator that makes a method a check, and the assertion of a check."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest

Check = TypeVar("Check", bound=Callable[..., None])


NOT_APPLICABLE = "does not apply"
"""How the reason of a check begins that no reporter of this kind could pass."""


def check(*needs: str, required: bool = False) -> Callable[[Check], Check]:
    """Make a method a check, whose docstring is shown when it fails.

    Args:
        needs: The capabilities, and the optional fixtures, without which it is skipped.
        required: Whether every reporter must pass it, so that it cannot be declared unsupported.
    """

    def decorate(method: Check) -> Check:
        explanation = inspect.cleandoc(method.__doc__ or "")

        @functools.wraps(method)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                method(*args, **kwargs)
            except Exception as error:
                error.add_note(explanation)
                raise

        run.needs, run.required = needs, required  # type: ignore[attr-defined]  # read by the functions below
        return run  # type: ignore[return-value]  # the same signature

    return decorate


def needs_of(method: Callable[..., None]) -> tuple[str, ...]:
    """Give what a check needs to run."""
    found: tuple[str, ...] = getattr(method, "needs", ())
    return found


def is_check(method: object) -> bool:
    """Tell whether a method is a check of the kit."""
    return hasattr(method, "needs")


def is_required(method: Callable[..., None]) -> bool:
    """Tell whether every reporter must pass a check."""
    return bool(getattr(method, "required", False))


def skipped(method: Callable[..., None], reason: str) -> Callable[..., None]:
    """Give a check that pytest reports as skipped, by its name: the place is always one of the kit."""

    @functools.wraps(method)
    def skip(*_args: Any, **_kwargs: Any) -> None:
        """Never called."""

    skip.skips = reason  # type: ignore[attr-defined]  # read by `why_skipped`
    marked: Callable[..., None] = pytest.mark.skip(reason=f"{method.__name__}: {reason}")(skip)
    return marked


def is_skip(method: object) -> bool:
    """Tell whether a method was made by `skipped`."""
    return why_skipped(method) is not None


def why_skipped(method: object) -> str | None:
    """Give the reason for which a method was made by `skipped`; None for any other."""
    return getattr(method, "skips", None)


def expect(condition: object, message: str) -> None:
    """Fail a check unless a condition holds.

    Raises:
        AssertionError: with what was expected, what was found and what to do.
    """
    if not condition:
        raise AssertionError(message)


def all_checks(*mixins: type) -> Mapping[str, Callable[..., None]]:
    """Give the checks of the kit's classes by name."""
    return {
        name: method for mixin in mixins for name, method in vars(mixin).items() if name.startswith("test_")
    }
