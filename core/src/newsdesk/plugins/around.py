"""What plugins do around one attempt of a reporter."""

import contextvars
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

from newsdesk.plugins.hookspecs import Attempt
from newsdesk.plugins.listener import Listener

_SHARE = 4
"""Plugins may take a quarter of the time that is left before an attempt, and as much after it."""

Take = Callable[[Attempt], Any]
"""A plugin's `newsdesk_attempt`."""


class Around:
    """What the plugins have begun around one attempt.

    Each runs in a thread for it. What it sets in the context variables, it sets in a copy of the reporter's.

    Args:
        attempt: The attempt.
        plugins: Those that implement the hook, each with its implementation.
        until: Gives `time.monotonic()` at the deadline.
    """

    def __init__(
        self, attempt: Attempt, plugins: Sequence[tuple[Listener, Take]], until: Callable[[], float]
    ) -> None:
        self.context = contextvars.copy_context()
        """The context for the reporter: with what the plugins have set that were in time."""
        self._until = until
        self._first = dict[str, object]()  # `setdefault` is atomic: the first to set a key wins
        self._steps = [_Step(attempt, listener, take) for listener, take in plugins]

    def begin(self) -> None:
        """Have the plugins begin, one after the other."""
        until = self._share()
        for step in self._steps:
            if not self._first:  # else the deadline was over before
                self.context = step.begin(self.context, until)

    def end(self, error: Exception | None, until: float | None = None) -> None:
        """Have the plugins end what they have begun, the last one first; only the first call counts.

        Args:
            error: Why the attempt failed, without secrets; None when it did not.
            until: `time.monotonic()` after which it is not waited for.
        """
        this = object()
        if self._first.setdefault("end", this) is this:
            until = self._share() if until is None else until
            for step in reversed(self._steps):
                step.end(error, until)

    def _share(self) -> float:
        now = time.monotonic()
        return now + (self._until() - now) / _SHARE


class _Step:
    """What one plugin does around an attempt."""

    def __init__(self, attempt: Attempt, listener: Listener, take: Take) -> None:
        self._attempt = attempt
        self._listener = listener
        self._take = take
        self._context = contextvars.Context()
        self._generator: Generator[None, Exception | None, object] | None = None
        self._is_over = False
        self._error: Exception | None = None

    def begin(self, context: contextvars.Context, until: float) -> contextvars.Context:
        """Have the plugin begin in a copy of a context; return the context for what comes next."""
        if self._listener.is_within():  # the attempt is a hook's of the plugin itself, which waits for it
            return context
        self._context = context.copy()
        seconds = until - time.monotonic()
        is_taken = self._listener.call(self._attempt, self._begin, seconds, context=self._context)
        return self._context.copy() if is_taken else context

    def end(self, error: Exception | None, until: float) -> None:
        """Have the plugin end what it has begun."""
        self._error, self._is_over = error, True
        if self._generator is not None:
            seconds = until - time.monotonic()
            self._listener.call(self._attempt, self._end, seconds, context=self._context, is_end=True)

    # In the plugin's thread

    def _begin(self) -> None:
        if self._has_ended():  # it came too late
            return
        found = self._take(self._attempt)
        if found is None:
            return
        if not isinstance(found, Generator):
            raise TypeError(f"newsdesk_attempt() must yield once, but returned a {type(found).__name__}")
        self._generator = found
        try:
            next(found)
        except StopIteration:
            self._generator = None
        except BaseException:
            self._generator = None
            raise
        if self._has_ended():  # meanwhile
            self._end()

    def _has_ended(self) -> bool:
        return self._is_over

    def _end(self) -> None:
        generator, self._generator = self._generator, None
        if generator is None:
            return
        try:
            generator.send(self._error)
        except StopIteration:
            return
        generator.close()
        raise RuntimeError("newsdesk_attempt() must yield once, but yielded again")
