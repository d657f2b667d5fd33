"""The workers of a command: its own thread, several threads, or a Dask cluster."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from newsdesk.worker import Worker

READERS = 32
"""Threads of the command's own that read, at most: a cluster may have thousands."""


@dataclass(frozen=True)
class Pool:
    """The workers, and their number."""

    executor: Executor | None
    """What runs the work; None: the command's own thread."""
    workers: int = 1
    """How many run at a time."""

    @property
    def in_flight(self) -> int:
        """Chunks that are submitted at a time: the next one for each worker is ready when it finishes one."""
        return 2 * self.workers

    @property
    def readers(self) -> int:
        """Threads that read what the workers deliver."""
        return min(self.workers, READERS)

    def chunk_size(self, machines: int, most: int) -> int:
        """Give each worker several chunks, so that none is idle at the end."""
        return most if self.executor is None else max(1, min(most, machines // (4 * self.workers)))


@contextlib.contextmanager
def open_pool(workers: int | None, dask: str | None) -> Iterator[Pool]:
    """Give the workers, for as long as the body runs.

    Raises:
        click.UsageError: both are given, or Dask is not installed, cannot be reached or has no workers.
    """
    if workers is not None and dask is not None:
        raise click.UsageError("give --workers for threads, or --dask for a cluster, not both")
    if dask is not None:
        with _dask(dask) as cluster:
            yield cluster
    elif workers is not None and workers > 1:
        # Threads: a delivery mostly waits for its backend.
        with _Threads(workers) as pool:
            yield Pool(pool, workers)
    else:
        yield Pool(None)


@contextlib.contextmanager
def _dask(address: str) -> Iterator[Pool]:
    try:
        import distributed  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise click.UsageError("--dask needs Dask: pip install 'newsdesk[dask]'") from error
    try:
        client: Any = distributed.Client(address, set_as_default=False)  # type: ignore[no-untyped-call]  # it has no types
    except (OSError, ValueError) as error:
        raise click.UsageError(f"cannot connect to the Dask scheduler {address!r}: {error}") from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise click.UsageError(
                f"the Dask scheduler {address!r} has no workers; start some, and try again"
            )
        yield Pool(_Cluster(client), threads)


class _Threads(Executor):
    """Threads; those that wait for a silent backend do not keep a command that was stopped from ending."""

    def __init__(self, count: int) -> None:
        self._worker = Worker("newsdesk", count)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._worker.submit(partial(_run, future, partial(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  (the interface's)
        """Let the threads end; all work that anybody waits for is done by then."""
        self._worker.stop()


class _Cluster(Executor):
    """Dask's executor; it takes no work without a connection to the scheduler, which would never finish."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._client.status != "running":
            raise ConnectionError(f"no connection to the Dask scheduler; its client is {self._client.status}")
        return self._executor.submit(fn, *args, **kwargs)  # type: ignore[no-any-return]  # it has no types


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  (raised to whoever has the future)
            future.set_exception(error)
