"""Who works for a command: this thread, several, or those of a Dask cluster."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import click


@contextlib.contextmanager
def executor(workers: int | None, dask: str | None) -> Iterator[Executor | None]:
    """Give an executor for as long as the body runs; None, when the command's own thread does everything.

    Raises:
        click.UsageError: both were asked for, or Dask is not installed or cannot be reached.
    """
    if workers is not None and dask is not None:
        raise click.UsageError("give --workers for threads here, or --dask for a cluster, not both")
    if dask is not None:
        with _dask(dask) as pool:
            yield pool
    elif workers is not None and workers > 1:
        # Threads: a delivery mostly waits for its backend.
        with ThreadPoolExecutor(workers, thread_name_prefix="newsdesk") as pool:
            yield pool
    else:
        yield None


@contextlib.contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        import distributed  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise click.UsageError("--dask needs Dask: pip install 'newsdesk[dask]'") from error
    try:
        client: Any = distributed.Client(address, set_as_default=False)  # type: ignore[no-untyped-call]  # it has no types
    except (OSError, ValueError) as error:
        raise click.UsageError(f"the Dask scheduler {address!r} cannot be reached: {error}") from error
    with client:
        yield client.get_executor()
