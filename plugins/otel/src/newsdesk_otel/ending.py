"""Sends what is left when the process ends, within a bound."""

import atexit
import logging
import math
import os
import threading
import time
from collections.abc import Callable

VARIABLE = "NEWSDESK_OTEL_TIMEOUT"
"""Seconds that the end of the process may wait for a receiver."""

TIMEOUT = 5.0
"""The default: enough for a receiver that is up; one that is down keeps a pod no longer."""

_log = logging.getLogger(__name__)


class Ending:
    """Has things shut down when the process ends, each in a thread for it, and waits for a bounded time.

    The threads begin now, since Python 3.12 begins none at the end. They are daemons: one that hangs is left.

    Args:
        shutdowns: What is to be called, by what it sends.
    """

    def __init__(self, shutdowns: dict[str, Callable[[], object]]) -> None:
        self._shutdowns = shutdowns
        self._handlers = [*logging.root.handlers]
        self._begin()
        atexit.register(self.end)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)  # it does not have its parent's threads

    def end(self) -> None:
        """Have everything shut down; wait for it until the bound."""
        if not logging.root.handlers:  # newsdesk's command has ended its log: as text, or as lines of JSON
            for handler in self._handlers:
                logging.root.addHandler(handler)
        seconds = timeout()
        until = time.monotonic() + seconds
        self._asked.set()
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        late = [name for name, thread in self._threads.items() if thread.is_alive()]
        if late:
            _log.warning(
                "not all %s were sent within %g s; check OTEL_EXPORTER_OTLP_ENDPOINT, or raise %s",
                *(" and ".join(late), seconds, VARIABLE),
            )

    def _begin(self) -> None:
        self._asked = threading.Event()
        self._threads = {
            name: threading.Thread(target=self._run, args=(call,), name=f"newsdesk otel {name}", daemon=True)
            for name, call in self._shutdowns.items()
        }
        for thread in self._threads.values():
            thread.start()

    def _run(self, call: Callable[[], object]) -> None:
        self._asked.wait()
        try:
            call()
        except Exception as error:  # noqa: BLE001  (the SDK's: nothing can be done any more)
            _log.warning("the last metrics or spans may be lost: %s", error)


def timeout() -> float:
    """Return the bound in seconds, at most what a thread can wait."""
    text = os.environ.get(VARIABLE, "").strip()
    try:
        seconds = float(text or TIMEOUT)
    except ValueError:
        seconds = math.nan
    if math.isnan(seconds):
        _log.warning("%s is %r, not a number of seconds; %g s hold instead", VARIABLE, text, TIMEOUT)
        return TIMEOUT
    return min(max(0.0, seconds), threading.TIMEOUT_MAX)
