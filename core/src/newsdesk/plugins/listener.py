"""A plugin that hears of deliveries, in a thread of its own: one that hangs holds nobody up."""

import contextvars
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from newsdesk.contract.receipt import Receipt
from newsdesk.worker import Worker, waited

if TYPE_CHECKING:
    from concurrent.futures import Future

PATIENCE = 30.0
"""Seconds that a delivery waits for a plugin to take its receipt."""

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

    def tell(self, receipt: Receipt) -> None:
        """Wait until the plugin has taken a receipt, or for as long as anybody's patience lasts.

        One that hangs is told of no other receipt until it goes on.
        """
        if self._thread == threading.get_ident():  # it reports something itself, and waits for that
            self._safely(receipt)
        elif self._late is not None and not self._late.done():
            self._leave_out(receipt)
        else:
            # What the program knows of its context, such as the span of a trace, the plugin knows too.
            run = partial(contextvars.copy_context().run, self._safely, receipt)
            try:
                future = self._worker.submit(run)
            except RuntimeError:  # no more threads, since the process ends, say: better here than not at all
                self._safely(receipt)
            else:
                self._wait(future, receipt)

    def _wait(self, future: "Future[None]", receipt: Receipt) -> None:
        try:
            waited(future, PATIENCE)
        except TimeoutError:
            if future.cancel():  # it was behind one that hangs
                self._leave_out(receipt)
            elif not future.done():  # just now
                self._late = future
                _log.error(
                    "the plugin %s has not taken a receipt within %g seconds (%s at %s); until it has, it is "
                    "told of no other",
                    *(self._name, PATIENCE, receipt.machine, receipt.reporter),
                )

    def _safely(self, receipt: Receipt) -> None:
        before, self._thread = self._thread, threading.get_ident()
        try:
            self._take(receipt)
        except BaseException:  # noqa: BLE001  (the isolation of a stranger's code, which may try to end the program)
            _log.exception("the plugin %s failed to take a receipt", self._name)
        finally:
            self._thread = before

    def _leave_out(self, receipt: Receipt) -> None:
        _log.error(
            "the plugin %s is still at an earlier receipt, and is not told of %s at %s: %s",
            *(self._name, receipt.machine, receipt.reporter, receipt.status),
        )
