"""Signals that end the command: it keeps what was taken, and exits with 128 + the signal's number."""

import _thread
import contextlib
import os
import signal
import threading
import time
import weakref
from types import FrameType
from typing import Any

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C, what Kubernetes sends 30 s before SIGKILL, and the end of a terminal."""

_AGAIN = 0.01
"""Seconds after which a signal whose error was swallowed, or could not be raised yet, is sent again."""

_LOCKING = ("threading", "queue", "logging", "concurrent.futures", "importlib", "weakref", "_weakrefset")
"""Modules of Python that hold locks between two of their own steps: an error there leaves one locked."""

_PATIENCE = 2.0
"""Seconds after which a signal is raised there all the same: the command waits in one of them."""

_Handler = Any  # what `signal.getsignal` returns


class _Stopped(KeyboardInterrupt):
    """A signal asked the command to end. It takes the same way as Ctrl-C through all `finally`."""


class Stops:
    """What stops one run of the command: the first signal does, further ones while it ends do nothing.

    A signal that the process ignores from its start stays ignored: a shell without job control has its
    background jobs ignore Ctrl-C, and `nohup` SIGHUP.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._before: dict[int, _Handler] = {}
        self._raised: weakref.ref[_Stopped] | None = None
        self._first: float | None = None
        self._is_over = False

    @property
    def exit_code(self) -> int | None:
        """What the command exits with; None when nothing stopped it."""
        return None if self._number is None else 128 + self._number

    def begin(self) -> None:
        """Handle the signals; only a main thread can."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None: a handler that is not Python's
                self._before[number] = signal.signal(number, self._handle)

    def end(self) -> None:
        """Handle them as before; but once stopped, nothing interrupts the end of the process."""
        self._is_over = True
        for number, handler in self._before.items():
            # Python itself resets handlers before it ends, but not what is ignored.
            signal.signal(number, handler if self._number is None else signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._raised is not None and self._raised() is not None:
            return  # it ends already
        if self._first is None:
            self._first = time.monotonic()
        if _holds_locks(frame) and time.monotonic() < self._first + _PATIENCE:
            self._send_later(number)
            return
        self._number = number
        stopped = _Stopped(number)
        self._raised = weakref.ref(stopped, self._swallowed)
        try:
            raise stopped
        finally:
            del stopped  # else this frame, which the error holds, would hold the error

    def _swallowed(self, _: object) -> None:
        """Send the signal again: its error is gone, and the command goes on.

        Destructors and some callbacks of C cannot raise.
        """
        if not self._is_over and self._number is not None:
            # Later, from another thread: what is raised here would be swallowed, too.
            self._send_later(self._number)

    def _send_later(self, number: int) -> None:
        def send() -> None:
            time.sleep(_AGAIN)
            if not self._is_over:
                os.kill(os.getpid(), number)

        # Not by `threading`, which takes locks that the main thread may hold here.
        with contextlib.suppress(RuntimeError):  # no more threads; the next signal comes from outside
            _thread.start_new_thread(send, ())


def _holds_locks(frame: FrameType | None) -> bool:
    """Tell whether code of Python's own, that the command has called, may hold a lock."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name.startswith("newsdesk."):
            return False
        if name.startswith(_LOCKING):
            return True
        frame = frame.f_back
    return False


def name_of(error: KeyboardInterrupt) -> str:
    """Give the name of the signal that an error is about."""
    with contextlib.suppress(ValueError, TypeError, IndexError):
        return signal.Signals(error.args[0]).name
    return "SIGINT"
