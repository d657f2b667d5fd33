"""One thread that works for one reporter, and that can be left behind when it hangs."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Worker:
    """Runs calls one after the other in a thread of its own, begun with the first.

    A reporter's connections are thus used by one thread alone. Python cannot stop a thread that hangs; it can
    leave it behind: a daemon thread does not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Run a call after those before it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        future: Future[Any] = Future()
        self._calls.put((future, call))
        return future

    def stop(self) -> None:
        """End the thread after the calls that wait; it is not waited for."""
        self._calls.put(None)

    def _work(self) -> None:
        while (task := self._calls.get()) is not None:
            future, call = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001  (handed to the caller, who judges it)
                future.set_exception(error)
            del task, future, call  # so that nothing of a machine is kept while waiting for the next
