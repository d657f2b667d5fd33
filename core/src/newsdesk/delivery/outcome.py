"""What became of a call to a reporter, and its error as it may be shown."""

import contextlib
import dataclasses
import inspect
import time
import traceback
from collections.abc import Set as AbstractSet

from newsdesk.contract.delivery import Delivery
from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.secrets import mask_error, mask_text


@dataclasses.dataclass
class Outcome:
    """What became of a call to a reporter."""

    attempts: int = 0
    """How often it was tried."""
    delivery: Delivery | None = None
    """What the reporter returned."""
    error: Exception | None = None
    """Why it failed."""
    began: float = dataclasses.field(default_factory=time.monotonic)
    """When its turn came, as `time.monotonic()`."""
    ended: float = dataclasses.field(default_factory=time.monotonic)
    """When it ended, as `time.monotonic()`."""

    @property
    def is_superseded(self) -> bool:
        """Whether it was given up, because a newer revision of the machine was reported."""
        return isinstance(self.error, _SupersededError)


class _SupersededError(Exception):
    """A newer revision of the machine was reported: this one is not tried again."""


def superseded() -> Exception:
    """Return the error of an outcome that `is_superseded`."""
    return _SupersededError()


def presentable(error: BaseException, secrets: AbstractSet[str]) -> Exception:
    """Give an error as it may be shown: without secrets, and one that ends no program."""
    try:
        mask_error(error, secrets)
        text = str(error)
    except Exception as fault:  # noqa: BLE001  (a plugin's __str__, or attributes that cannot be set)
        return stand_in(error, f"a {type(error).__name__} that cannot be shown: {type(fault).__name__}")
    if isinstance(error, Exception) and text == mask_text(text, secrets):
        return error
    masked = mask_text(f"{type(error).__name__}: {text}", secrets)
    if isinstance(error, Exception):
        return stand_in(error, masked).with_traceback(error.__traceback__)
    return ReporterException(f"it raised what ends a program, not a delivery: {masked}").with_traceback(
        error.__traceback__
    )


def stand_in(error: BaseException, text: str) -> ReporterException:
    """Give an error of ours with this text in another's place; transient where that one was."""
    if isinstance(error, TransientReporterError):
        return TransientReporterError(text, error.retry_after)
    return ReporterException(text)


def empty_frames(error: BaseException) -> None:
    """Clear what the frames of an error hold, machines and resolved secrets; its lines stay."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        current = todo.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            for frame, _ in traceback.walk_tb(current.__traceback__):
                if not frame.f_code.co_flags & inspect.CO_GENERATOR:  # one that waits would be ended by it
                    with contextlib.suppress(RuntimeError):  # it still runs
                        frame.clear()
            todo += [current.__cause__, current.__context__, *getattr(current, "exceptions", ())]
