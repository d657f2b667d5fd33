"""Passes receipts to a plugin, in a thread for it: one that hangs does not hold up deliveries."""

import contextvars
import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from newsdesk.contract.receipt import Receipt
from newsdesk.worker import Worker

if TYPE_CHECKING:
    from newsdesk.future import Future

PATIENCE = 30.0
"""Seconds that a delivery waits for a plugin to take its receipt, at most."""

GRACE = 0.5
"""Seconds that a plugin gets at least, also when the delivery has used up its deadline."""

_log = logging.getLogger(__name__)


class Listener:
    """Has a plugin take receipts one after the other, always in the same thread.

    Args:
        name: What the log calls the plugin.
        take: What takes a receipt.
    """

    def __init__(self, name: str, take: Callable[[Receipt], object]) -> None:
        self._name = name
        self._take = take
        self._worker = Worker(f"newsdesk hook {name}")
        self._thread: int | None = None
        self._late: Future[None] | None = None
        self._process = 0
        self._missed = 0

    def tell(self, receipt: Receipt, within: float = PATIENCE) -> None:
        """Wait until the plugin has taken a receipt, but not for long.

        A plugin that hangs gets no other receipts until it goes on. The log has a warning when that begins,
        and another with the number of receipts that it missed.

        Args:
            receipt: The receipt.
            within: Seconds to wait; not less than `GRACE`, and not more than `PATIENCE`.
        """
        if self._thread == threading.get_ident():  # it reports something itself, and waits for that
            self._safely(receipt)
        elif self._is_hung():
            self._missed += 1
        else:
            self._catch_up()
            # What the program knows of its context, such as the span of a trace, the plugin knows too.
            run = partial(contextvars.copy_context().run, self._safely, receipt)
            try:
                future = self._worker.submit(run)
            except RuntimeError:  # no more threads, since the process ends, say: better here than not at all
                self._safely(receipt)
            else:
                self._wait(future, receipt, min(PATIENCE, max(GRACE, within)))

    def _is_hung(self) -> bool:
        # A forked child does not have its parent's threads: nothing hangs there.
        return self._late is not None and not self._late.done() and self._process == os.getpid()

    def _wait(self, future: "Future[None]", receipt: Receipt, seconds: float) -> None:
        began = time.monotonic()
        try:
            future.result(seconds)
        except TimeoutError:
            if future.cancel():  # it was behind one that hangs
                self._missed += 1
            elif not future.done():  # just now
                self._late, self._process = future, os.getpid()
                _log.warning(
                    "the plugin %s did not take a receipt (%s at %s) in %.3g s; it gets no more until it has",
                    *(self._name, receipt.machine, receipt.reporter, time.monotonic() - began),
                )

    def _catch_up(self) -> None:
        """Log what a plugin that goes on has missed."""
        missed, self._missed, self._late = self._missed, 0, None
        if missed:
            _log.warning("the plugin %s has resumed; it missed %d receipts while it hung", self._name, missed)

    def _safely(self, receipt: Receipt) -> None:
        before, self._thread = self._thread, threading.get_ident()
        try:
            self._take(receipt)
        except BaseException:  # noqa: BLE001  (the isolation of a stranger's code, which may try to end the program)
            _log.exception("the plugin %s failed to take a receipt", self._name)
        finally:
            self._thread = before
