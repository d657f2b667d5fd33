"""Threads that can be abandoned if they hang: one for each reporter, several for a command."""

import contextvars
import os
import queue
import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from newsdesk.future import SLICE, Future

_Calls = queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]


class ForkLock:
    """A reentrant lock that is free in a forked child, even if another thread of the parent held it.

    Hold it by `with lock.held:`. A context manager of ours would be two more places where a Ctrl-C leaves the
    lock locked; Python enters and leaves its own without looking for one.
    """

    def __init__(self) -> None:
        self.held = threading.RLock()
        _fork_locks.add(self)

    def renew(self) -> None:
        """Replace the lock if another thread held it: in the child, that thread does not exist."""
        if self.held.acquire(blocking=False):
            self.held.release()  # free, or held by the forking thread
        else:
            self.held = threading.RLock()


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
    Each call has a copy of the context variables of its caller, such as the current span of a trace.

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
        in_context = partial(contextvars.copy_context().run, call)
        with self._lock.held:  # or two calling threads could both start a worker thread
            # A forked child does not have its parent's threads.
            if not any(thread.is_alive() for thread in self._threads):
                self._begin()
            self._calls.put((future, in_context))
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
        if future.begin():
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
            future.result(SLICE)
        except TimeoutError:
            pass
        except BaseException as error:  # noqa: BLE001  (raised below)
            stop = error
    if stop is not None:
        raise stop
    future.result()
