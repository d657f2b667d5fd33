"""Threads that can be left behind when they hang: one for each reporter, several for a command."""

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
"""Seconds that are waited at a time: a Ctrl-C that comes just before a wait is seen at its end alone."""


def waited(future: Future[T], seconds: float) -> T:
    """Give a future's result, or raise its error.

    Raises:
        TimeoutError: it has none within `seconds`.
    """
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        try:
            return future.result(timeout=max(0.0, min(left, SLICE)))
        except TimeoutError:
            if future.done():  # with an error of this kind, or just now
                return future.result()
            if left <= SLICE:
                raise


class ForkLock:
    """A lock that is free in a forked child, whichever thread of the parent held it at the fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _fork_locks.add(self)

    def renew(self) -> None:
        """Replace the lock: in the child, the thread that held it does not exist."""
        self._lock = threading.Lock()

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
    """Runs calls one after the other in a thread of its own, begun with the first.

    A reporter's connections are thus used by one thread alone. Python cannot stop a thread that hangs; it can
    leave it behind: a daemon thread does not keep the process from ending.

    Args:
        name: What its threads are called.
        threads: How many calls run at a time.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._name = name
        self._count = threads
        self._lock = ForkLock()
        self._calls: _Calls = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Run a call after those before it."""
        future: Future[Any] = Future()
        with self._lock:  # or two threads of the caller would begin two threads for one reporter
            # A forked child has none of its parent's threads.
            if not any(thread.is_alive() for thread in self._threads):
                self._begin()
            self._calls.put((future, call))
        return future

    def stop(self) -> None:
        """End the threads after the calls that wait; they are not waited for."""
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
        # Nothing of a machine is kept while waiting for the next.
        del future, call


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  (handed to the caller, who judges it)
        del call  # what an error came through stays with it
        future.set_exception(error)
    else:
        del call
        future.set_result(result)
