"""Who works for a command: this thread, several, or those of a Dask cluster."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from newsdesk.worker import Worker


@dataclass(frozen=True)
class Crew:
    """Who works, and how many they are."""

    executor: Executor | None
    """Whom to give work; None, when the command's own thread does everything."""
    workers: int = 1
    """How many work at a time."""

    @property
    def in_flight(self) -> int:
        """Chunks that are given out at a time: the next for each worker waits when it has finished one."""
        return 2 * self.workers

    def chunk_size(self, machines: int, most: int) -> int:
        """Give each worker several chunks, so that none is idle while another has much left."""
        return most if self.executor is None else max(1, min(most, machines // (4 * self.workers)))


@contextlib.contextmanager
def crew(workers: int | None, dask: str | None) -> Iterator[Crew]:
    """Give who works for as long as the body runs.

    Raises:
        click.UsageError: both were asked for, or Dask is not installed, cannot be reached or has no workers.
    """
    if workers is not None and dask is not None:
        raise click.UsageError("give --workers for threads here, or --dask for a cluster, not both")
    if dask is not None:
        with _dask(dask) as cluster:
            yield cluster
    elif workers is not None and workers > 1:
        # Threads: a delivery mostly waits for its backend.
        with _Threads(workers) as pool:
            yield Crew(pool, workers)
    else:
        yield Crew(None)


@contextlib.contextmanager
def _dask(address: str) -> Iterator[Crew]:
    try:
        import distributed  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise click.UsageError("--dask needs Dask: pip install 'newsdesk[dask]'") from error
    try:
        client: Any = distributed.Client(address, set_as_default=False)  # type: ignore[no-untyped-call]  # it has no types
    except (OSError, ValueError) as error:
        raise click.UsageError(f"the Dask scheduler {address!r} cannot be reached: {error}") from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise click.UsageError(
                f"the Dask scheduler {address!r} has no workers: start some, then try again"
            )
        yield Crew(_Cluster(client), threads)


class _Threads(Executor):
    """Threads; those that wait for a silent backend do not keep a command that was stopped from ending."""

    def __init__(self, count: int) -> None:
        self._worker = Worker("newsdesk", count)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._worker.submit(partial(fn, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  (the interface's)
        """Let the threads end; all work that anybody waits for is done by then."""
        self._worker.stop()


class _Cluster(Executor):
    """Dask's executor; it takes no work while the scheduler is away, for that would never be answered."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._client.status != "running":
            raise ConnectionError(f"the Dask scheduler is away: its client is {self._client.status}")
        return self._executor.submit(fn, *args, **kwargs)  # type: ignore[no-any-return]  # it has no types
