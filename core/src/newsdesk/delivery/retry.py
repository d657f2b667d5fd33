"""How often, and with what pauses, a delivery is tried again."""

import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from newsdesk.exceptions import DefinitionError, Fault, ReporterException, TransientReporterError

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

PATIENCE = 3
"""Deliveries in a row that fail as if the backend were down, before nothing more is tried there for now."""

_DOUBLINGS = 100
"""More make no pause longer that anybody waits for, and in the end overflow a float."""


@dataclass(frozen=True)
class Retry:
    """Exponential pauses with full jitter; what a backend asks for with `retry_after` comes first.

    Full jitter, because thousands of pods that were turned away at once would otherwise come back at once:
    see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Raises:
        DefinitionError: a number that makes no sense; all of them at once.
    """

    attempts: int = 8
    """How often a delivery is tried at most, the first time included; the deadline may end it earlier."""
    initial: float = 0.5
    """Seconds: the longest pause after the first attempt; it doubles from one to the next."""
    maximum: float = 30.0
    """Seconds: the longest pause of all."""

    def __post_init__(self) -> None:
        faults = [
            Fault(name, f"must be a number of at least {least}, but is {value!r}")
            for name, value, least in (
                ("attempts", self.attempts, 1),
                ("initial", self.initial, 0),
                ("maximum", self.maximum, 0),
            )
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least
        ]
        if faults:
            raise DefinitionError("the retry cannot be used", faults)

    def run(self, attempt: Callable[[int], T], *, until: float, stopped: threading.Event) -> T:
        """Call `attempt` with its number until it succeeds, fails for good, or there is no time for another.

        Args:
            attempt: What to try. A `TransientReporterError` is worth another try, anything else is not.
            until: `time.monotonic()` after which no attempt is begun.
            stopped: Ends a pause, and the attempts, when it is set.

        Raises:
            Exception: what the last attempt raised.
        """
        try:
            return attempt(1)
        except TransientReporterError as error:
            first = error
        return self._go_on(attempt, first, until, stopped)

    def _go_on(
        self,
        attempt: Callable[[int], T],
        first: TransientReporterError,
        until: float,
        stopped: threading.Event,
    ) -> T:
        """Try again after a first attempt that failed."""
        # Most deliveries need no second attempt: they are spared its import, and it costs more than all else
        # that a desk does for one.
        import tenacity  # noqa: PLC0415

        def over(state: "RetryCallState") -> bool:
            out_of_time = time.monotonic() + state.upcoming_sleep >= until
            return state.attempt_number >= self.attempts or out_of_time or stopped.is_set()

        def pause(state: "RetryCallState") -> None:
            if stopped.wait(min(state.upcoming_sleep, threading.TIMEOUT_MAX)) and state.outcome is not None:
                state.outcome.result()  # raises what the last attempt raised

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientReporterError),
            wait=self._pause,
            stop=over,
            before_sleep=pause,
            sleep=lambda _: None,
            reraise=True,
        )
        failed, numbers = [first], itertools.count(2)

        def go_on() -> T:
            if failed:
                raise failed.pop()  # not kept: the last error must not hold what the first one came through
            return attempt(next(numbers))

        return retrying(go_on)

    def _pause(self, state: "RetryCallState") -> float:
        """Give the seconds before the next attempt."""
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, TransientReporterError) and error.retry_after is not None:
            return max(0.0, error.retry_after)
        doublings = min(state.attempt_number - 1, _DOUBLINGS)
        longest = min(self.maximum, self.initial * 2.0**doublings)
        return random.uniform(0, longest)  # noqa: S311  (to spread, not to hide)


def stand_in(error: BaseException, text: str) -> ReporterException:
    """Give an error of ours in another's place, that says a text; worth another try where that one was."""
    if isinstance(error, TransientReporterError):
        return TransientReporterError(text, error.retry_after)
    return ReporterException(text)
