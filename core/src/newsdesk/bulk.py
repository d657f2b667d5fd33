"""Many machines: in chunks, delivered here or by an executor's workers."""

import atexit
import contextlib
import logging
import pickle
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from os import cpu_count
from typing import TYPE_CHECKING, Any

from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.machine import Machine
from newsdesk.post import PATIENCE, Call, Outcome, Post
from newsdesk.receipt import Receipt
from newsdesk.retry import Retry
from newsdesk.route import Route

if TYPE_CHECKING:
    from newsdesk.desk import Desk

CHUNK_SIZE = 50
"""Machines that are delivered together: what a database takes in one statement, what an executor takes as one task."""

IN_FLIGHT = 2 * (cpu_count() or 1) + 2
"""Chunks that an executor has at a time, at the most: enough to keep it busy, few enough to keep memory flat."""

_log = logging.getLogger(__name__)

Answers = Sequence[tuple[Machine, list[Receipt]]]


def chunks(machines: Iterable[object], size: int) -> Iterator[list[Machine]]:
    """Give machines in lists of `size`, each made when it is asked for."""
    chunk: list[Machine] = []
    try:
        for machine in machines:
            chunk.append(Machine.of(machine))
            if len(chunk) == size:
                yield chunk
                chunk = []
    except Exception:
        if chunk:  # those before the one that is wrong are right
            yield chunk
        raise
    if chunk:
        yield chunk


def outcomes(post: Post, machines: Sequence[Machine], retry: Retry, deadline: float) -> Iterator[Outcome]:
    """Begin at once to deliver machines together, and give what became of each when it is asked for.

    `deadline` bounds each machine. Those that were left behind with one that hung are begun anew; after `PATIENCE` that
    hung one after the other they are given up.
    """
    calls = deque(post.deliver_many(machines, retry, deadline))
    return _outcomes(post, deque(machines), calls, retry, deadline)


def _outcomes(
    post: Post, machines: deque[Machine], calls: deque[Call], retry: Retry, deadline: float
) -> Iterator[Outcome]:
    hung = 0
    while machines:
        machines.popleft()
        call = calls.popleft()
        yield post.answer(call, 0.0 if post.left(call) else time.monotonic() + deadline)
        hung = 0 if call.future.done() else hung + 1
        if machines and 0 < hung < PATIENCE and post.left(calls[0]):
            calls = deque(post.deliver_many(list(machines), retry, deadline))


@dataclass(frozen=True)
class _Task:
    future: "Future[list[list[Receipt]]]"
    machines: list[Machine]


def spread(desk: "Desk", machines: Iterable[object], executor: Executor, size: int) -> Iterator[Answers]:
    """Deliver machines by an executor's workers, and yield the receipts of each chunk, in the chunks' order.

    Each worker has a copy of the desk, which it keeps as long as it works for this call; reporters are values. What
    becomes of receipts, the outbox and the hooks stay here.

    Raises:
        ReporterException: the executor takes no more work; the receipts so far tell what was begun.
    """
    copy, run = pickle.dumps(desk), uuid.uuid4().hex
    tasks: deque[_Task] = deque()
    begun = 0
    broken: ReporterException | None = None
    try:
        for chunk in chunks(machines, size):
            try:
                tasks.append(_Task(_submit(executor, run, copy, chunk, begun), chunk))
            except ReporterException as error:
                broken = error
                break
            begun += len(chunk)
            if len(tasks) >= IN_FLIGHT:
                yield _answers(desk, tasks[0])
                tasks.popleft()
        while tasks:
            yield _answers(desk, tasks[0])
            tasks.popleft()
        if broken is not None:
            raise broken
    finally:
        if tasks:  # an interrupt, or whoever asked for receipts has stopped
            _keep(desk, tasks)
        _close(run)


def _submit(
    executor: Executor, run: str, copy: bytes, chunk: Sequence[Machine], begun: int
) -> "Future[list[list[Receipt]]]":
    records = [machine.redacted().to_json() for machine in chunk]
    try:
        return executor.submit(work, run, copy, records)
    except RuntimeError as error:  # a pool that is shut down, or broken
        raise ReporterException(
            f"the executor takes no more work after {begun} machines ({type(error).__name__}: {error}); report the rest "
            "with a new one"
        ) from error


def _answers(desk: "Desk", task: _Task) -> Answers:
    try:
        receipts = task.future.result()
    except Exception as error:  # noqa: BLE001  (whatever an executor raises when a worker dies)
        lost = TransientReporterError(
            f"the executor lost the worker that had it: {type(error).__name__}: {error}"
        )
        receipts = [
            [desk.unanswered(route, machine, lost) for route in desk.routes] for machine in task.machines
        ]
    return list(zip(task.machines, receipts, strict=True))


def _keep(desk: "Desk", tasks: Iterable[_Task]) -> None:
    """See to it that nothing is lost when it ends early: what nobody has acknowledged goes to the outbox."""
    stopped = TransientReporterError("it was stopped before this was acknowledged")
    count = 0
    for task in tasks:
        task.future.cancel()
        for machine in task.machines:
            count += 1
            for route in desk.routes:
                desk.finish(desk.unanswered(route, machine, stopped), machine)
    _log.warning("stopped with %d machines that were begun and not acknowledged", count)


# In a worker.


_local = threading.local()
_lock = threading.Lock()
_open: dict[str, list[Any]] = {}


def work(run: str, desk: bytes, records: Sequence[bytes]) -> list[list[Receipt]]:
    """Deliver a chunk with this worker's copy of a desk, and give the receipts of each machine."""
    chunk = [Machine.from_json(record) for record in records]
    return [[_portable(receipt) for receipt in receipts] for _, receipts in _desk(run, desk).answers(chunk)]


def _desk(run: str, desk: bytes) -> "Desk":
    if getattr(_local, "run", None) != run:
        _close(getattr(_local, "run", ""))
        _local.run, _local.desk = run, pickle.loads(desk)  # noqa: S301  (our own, from whoever gave us the work)
        with _lock:
            if not _open:
                atexit.register(_close_all)
            _open.setdefault(run, []).append(_local.desk)
    return _local.desk  # type: ignore[no-any-return]  # a thread's own attribute


def _close(run: str) -> None:
    with _lock:
        desks = _open.pop(run, [])
    for desk in desks:
        desk.close()


def _close_all() -> None:
    for run in list(_open):
        _close(run)


def _portable(receipt: Receipt) -> Receipt:
    """Give a receipt that can be sent to another process, whatever the reporter raised."""
    if receipt.error is not None:
        with contextlib.suppress(Exception):  # an exception of a stranger: neither way need work
            pickle.loads(pickle.dumps(receipt.error))  # noqa: S301  (our own, in memory)
            return receipt
        error = ReporterException(f"{type(receipt.error).__name__}: {receipt.error}")
        return replace(receipt, error=error)
    return receipt


def worker_routes(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Give routes as workers use them: what is spooled is spooled by who gave the work."""
    return tuple(replace(route, spool="never", accepts_spooled=False) for route in routes)
