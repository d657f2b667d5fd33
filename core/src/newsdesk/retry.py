"""How often, and with what pauses, a delivery is tried again."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsdesk.exceptions import DefinitionError, Fault, TransientReporterError

if TYPE_CHECKING:
    from tenacity import RetryCallState


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

    def run(self, attempt: Callable[[int], Any], *, until: float, stopped: threading.Event) -> Any:
        """Call `attempt` with its number until it succeeds, fails for good, or there is no time for another.

        Args:
            attempt: What to try. A `TransientReporterError` is worth another try, anything else is not.
            until: `time.monotonic()` after which no attempt is begun.
            stopped: Ends a pause, and the attempts, when it is set.

        Raises:
            Exception: what the last attempt raised.
        """
        import tenacity  # noqa: PLC0415  (not for those who never deliver)

        def over(state: "RetryCallState") -> bool:
            pause = self._pause(state)
            return (
                state.attempt_number >= self.attempts or time.monotonic() + pause >= until or stopped.is_set()
            )

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientReporterError),
            wait=self._pause,
            stop=over,
            sleep=lambda seconds: None if stopped.wait(seconds) else None,
            reraise=True,
        )
        for state in retrying:
            with state:
                return attempt(state.retry_state.attempt_number)
        raise AssertionError("unreachable: tenacity returns or raises")

    def _pause(self, state: "RetryCallState") -> float:
        """Give the seconds before the next attempt; the same however often it is asked."""
        import random  # noqa: PLC0415  (the same)

        error = state.outcome.exception() if state.outcome is not None else None
        asked = error.retry_after if isinstance(error, TransientReporterError) else None
        if asked is not None:
            return max(0.0, asked)
        longest = min(self.maximum, self.initial * 2 ** (state.attempt_number - 1))
        return random.Random(f"{id(state)} {state.attempt_number}").uniform(0, longest)  # noqa: S311  (jitter, no cryptography)
