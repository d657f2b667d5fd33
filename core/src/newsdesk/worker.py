"""Threads that can be abandoned if they hang: one for each reporter, several for a command."""

import os
import queue
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
_Calls = queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]


SLICE = 1.0
"""Seconds per wait: a Ctrl-C just before a wait is only noticed when the wait ends."""


def waited(future: Future[T], seconds: float) -> T:
    """Return a future's result, or raise its error.

    Raises:
        TimeoutError: It has no result within `seconds`.
    """
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        try:
            return future.result(timeout=max(0.0, min(left, SLICE)))
        except TimeoutError:
            if future.done():  # its own error is a TimeoutError, or it finished just now
                return future.result()
            if left <= SLICE:
                raise


class ForkLock:
    """A reentrant lock that is free in a forked child, even if another thread of the parent held it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        _fork_locks.add(self)

    def renew(self) -> None:
        """Replace the lock if another thread held it: in the child, that thread does not exist."""
        if self._lock.acquire(blocking=False):
            self._lock.release()  # free, or held by the forking thread
        else:
            self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_fork_locks: "weakref.WeakSet[ForkLock]" = weakref.WeakSet()


def _renew_locks() -> None:
    for lock in list(_fork_locks):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class Worker:
    """Runs calls in its own threads, which start with the first call.

    With one thread, calls run in order, and a reporter's connections are used by one thread only. Python
    cannot stop a thread that hangs, only abandon it: a daemon thread does not keep the process from exiting.

    Args:
        name: The name of its threads.
        threads: The number of concurrent calls.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._name = name
        self._count = threads
        self._lock = ForkLock()
        self._calls: _Calls = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Queue a call."""
        future: Future[Any] = Future()
        with self._lock:  # or two calling threads could both start a worker thread
            # A forked child does not have its parent's threads.
            if not any(thread.is_alive() for thread in self._threads):
                self._begin()
            self._calls.put((future, call))
        return future

    def stop(self) -> None:
        """Stop the threads after the queued calls, without waiting for them."""
        for _ in range(self._count):
            self._calls.put(None)

    def _begin(self) -> None:
        self._calls = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=_work, args=(self._calls,), name=self._name, daemon=True)
            for _ in range(self._count)
        ]
        for thread in self._threads:
            thread.start()


def _work(calls: _Calls) -> None:
    while (task := calls.get()) is not None:
        future, call = task
        del task
        if future.set_running_or_notify_cancel():
            _run(future, call)
        # Do not keep a machine alive while waiting for the next.
        del future, call


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  (raised to the caller by the future)
        del call  # the error's traceback would keep it alive
        future.set_exception(error)
    else:
        del call
        future.set_result(result)


def run_to_its_end(call: Callable[[], None]) -> None:
    """Run a call that no Ctrl-C interrupts: what a signal handler raises is raised afterwards."""
    worker = Worker("newsdesk")
    stop: BaseException | None = None
    try:
        future = worker.submit(call)
    except RuntimeError:  # no more threads: the process ends
        call()
        return
    worker.stop()
    while not future.done():
        try:
            waited(future, SLICE)
        except TimeoutError:
            pass
        except BaseException as error:  # noqa: BLE001  (raised below)
            stop = error
    if stop is not None:
        raise stop
    future.result()
