"""How often, and with what pauses, a delivery is tried again."""

import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from newsdesk.exceptions import DefinitionError, Fault, TransientReporterError

T = TypeVar("T")

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
        for number in itertools.count(1):
            try:
                return attempt(number)
            except TransientReporterError as error:
                pause = self._pause(number, error.retry_after)
                is_last = number >= self.attempts or time.monotonic() + pause >= until
                if is_last or stopped.is_set() or stopped.wait(min(pause, threading.TIMEOUT_MAX)):
                    raise
        raise AssertionError  # the count has no end

    def _pause(self, number: int, asked: float | None) -> float:
        """Give the seconds after an attempt that failed, by its number and what its backend asks for."""
        if asked is not None:
            return max(0.0, asked)
        longest = min(self.maximum, self.initial * 2.0 ** min(number - 1, _DOUBLINGS))
        return random.uniform(0, longest)  # noqa: S311  (to spread, not to hide)
