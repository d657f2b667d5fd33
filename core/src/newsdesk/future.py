"""The result of a call that another thread makes."""

import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

SLICE = 1.0
"""Seconds per wait: a Ctrl-C just before a wait is only noticed when the wait ends."""


class Future(Generic[T]):
    """A `concurrent.futures.Future` that a Ctrl-C leaves usable.

    What a signal handler raises comes between any two steps of the main thread. There, the condition
    variable of `concurrent.futures` stays locked, or is released twice: whoever has the result then waits for
    ever to set it, or the error is another one. Here, each step is one that Python does not interrupt.
    """

    def __init__(self) -> None:
        self._first: dict[str, bool] = {}  # `setdefault` is atomic: the first to set a key wins
        self._result: T
        self._error: BaseException | None = None
        self._is_done = False
        self._gate = threading.Lock()
        self._gate.acquire()
        self._callbacks: list[Callable[[Future[T]], object]] = []

    def cancel(self) -> bool:
        """Have the call not made; False when it has begun."""
        return self._first.setdefault("is_cancelled", True)

    def begin(self) -> bool:
        """Begin the call; False when it was cancelled."""
        return not self._first.setdefault("is_cancelled", False)

    def done(self) -> bool:
        """Tell whether there is a result, or never will be."""
        return self._is_done or self._first.get("is_cancelled", False)

    def set_result(self, result: T) -> None:
        """Give the result; once."""
        self._result = result
        self._end()

    def set_exception(self, error: BaseException) -> None:
        """Give the error instead of a result; once."""
        self._error = error
        self._end()

    def result(self, seconds: float = 0.0) -> T:
        """Wait for the result, and return it, or raise the error.

        Args:
            seconds: How long to wait.

        Raises:
            TimeoutError: there is no result within that time, or there will be none.
        """
        until = time.monotonic() + seconds
        while not self._is_done:
            left = until - time.monotonic()
            if self._gate.acquire(timeout=max(0.0, min(left, SLICE))):
                self._gate.release()
            elif left <= SLICE or self.done():
                break
        if not self._is_done:
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._result

    def add_done_callback(self, call: "Callable[[Future[T]], object]") -> None:
        """Have this called when there is a result; at once when there is one."""
        self._callbacks.append(call)
        if self._is_done:
            self._call_back()

    def _end(self) -> None:
        self.begin()  # from now on, it cannot be cancelled
        self._is_done = True
        self._gate.release()
        self._call_back()

    def _call_back(self) -> None:
        while self._callbacks:
            try:
                call = self._callbacks.pop()
            except IndexError:  # the other thread was faster
                return
            call(self)
