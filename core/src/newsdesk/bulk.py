"""Many machines: in chunks, delivered here or by an executor's workers."""

import contextlib
import logging
import pickle
import time
import uuid
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from os import cpu_count
from typing import TYPE_CHECKING

from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.machine import Machine
from newsdesk.post import PATIENCE, Call, Outcome, Post
from newsdesk.receipt import Receipt
from newsdesk.retry import Retry
from newsdesk.seat import leave, work

if TYPE_CHECKING:
    from newsdesk.desk import Desk

CHUNK_SIZE = 50
"""Machines that are delivered together: one task of an executor, and a statement or so of a database."""

IN_FLIGHT = 2 * (cpu_count() or 1) + 2
"""Chunks that an executor has at a time when nothing is said: they keep one worker for each core busy."""

_log = logging.getLogger(__name__)


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

    `deadline` bounds each machine. Those that were left behind with one that hung are begun anew; after
    `PATIENCE` that hung one after the other they are given up.
    """
    calls = deque(post.deliver_many(machines, retry, deadline))
    return _outcomes(post, deque(machines), calls, retry, deadline)


def _outcomes(
    post: Post, machines: deque[Machine], calls: deque[Call], retry: Retry, deadline: float
) -> Iterator[Outcome]:
    hung = 0
    try:
        while machines:
            machines.popleft()
            call = calls.popleft()
            yield post.answer(call, 0.0 if post.left(call) else time.monotonic() + deadline)
            hung = 0 if call.future.done() else hung + 1
            if machines and 0 < hung < PATIENCE and post.left(calls[0]):
                calls = deque(post.deliver_many(list(machines), retry, deadline))
    finally:  # nobody asks for the rest
        for call in calls:
            post.leave(call)


def delivered(
    desk: "Desk", machines: Iterable[object], executor: Executor | None, size: int, in_flight: int
) -> Generator[list[Receipt], None, None]:
    """Deliver machines in chunks, here or by an executor's workers, and yield the receipts of each, in order.

    However it ends, of every machine that was begun each receipt is finished: what nobody has acknowledged
    goes to the outbox.

    Raises:
        MachineError: one is no machine; those before it are delivered first.
        ReporterException: the executor takes no more work; the receipts so far tell what was begun.
    """
    pending: deque[Machine] = deque()
    answers = (
        _here(desk, machines, size, pending)
        if executor is None
        else _spread(desk, chunks(machines, size), executor, in_flight, pending)
    )
    try:
        for machine, receipts in answers:
            finished = [desk.finish(receipt, machine) for receipt in receipts]
            pending.popleft()
            yield finished
    finally:
        answers.close()
        _keep(desk, pending)


_Answers = Generator[tuple[Machine, list[Receipt]], None, None]


def _here(desk: "Desk", machines: Iterable[object], size: int, pending: deque[Machine]) -> _Answers:
    for chunk in chunks(machines, size):
        pending.extend(chunk)
        with contextlib.closing(desk.answers(chunk)) as answers:
            yield from answers


def _spread(
    desk: "Desk",
    waiting: Iterator[list[Machine]],
    executor: Executor,
    in_flight: int,
    pending: deque[Machine],
) -> _Answers:
    """Deliver by workers, each with a copy of the desk; receipts are finished here, by the desk itself."""
    copy, run = pickle.dumps(desk), uuid.uuid4().hex
    tasks: deque[_Task] = deque()
    ended: Exception | None = None
    begun = 0
    try:
        while tasks or ended is None:
            while ended is None and len(tasks) < max(1, in_flight):
                try:
                    chunk = next(waiting)
                    tasks.append(_Task(_submit(executor, run, copy, chunk, begun), chunk))
                except Exception as error:  # noqa: BLE001  (raised below, after the answers of those before it)
                    ended = error
                    break
                pending.extend(chunk)
                begun += len(chunk)
            if tasks:
                yield from _answers(desk, tasks[0])
                tasks.popleft()
    finally:
        for task in tasks:
            task.future.cancel()
        leave(run)
    if not isinstance(ended, StopIteration):
        raise ended


@dataclass(frozen=True)
class _Task:
    future: "Future[list[list[Receipt]]]"
    machines: list[Machine]


def _submit(
    executor: Executor, run: str, copy: bytes, chunk: Sequence[Machine], begun: int
) -> "Future[list[list[Receipt]]]":
    records = [machine.redacted().to_json() for machine in chunk]
    try:
        return executor.submit(work, run, copy, records)
    except RuntimeError as error:  # a pool that is shut down, or broken
        raise ReporterException(
            f"the executor takes no more work after {begun} machines ({type(error).__name__}: {error}); "
            "report the rest with a new one"
        ) from error


def _answers(desk: "Desk", task: _Task) -> Iterator[tuple[Machine, list[Receipt]]]:
    try:
        receipts = task.future.result()
    except Exception as error:  # noqa: BLE001  (whatever an executor raises when a worker dies)
        lost = TransientReporterError(
            f"the executor lost the worker that had it: {type(error).__name__}: {error}"
        )
        receipts = [_unanswered(desk, machine, lost) for machine in task.machines]
    return zip(task.machines, receipts, strict=True)


def _keep(desk: "Desk", pending: Sequence[Machine]) -> None:
    """See to it that nothing is lost when it ends early."""
    if not pending:
        return
    stopped = TransientReporterError("it was stopped before this was acknowledged")
    for machine in pending:
        for receipt in _unanswered(desk, machine, stopped):
            desk.finish(receipt, machine)
    _log.warning("stopped with %d machines that were begun and not acknowledged", len(pending))


def _unanswered(desk: "Desk", machine: Machine, error: Exception) -> list[Receipt]:
    return [desk.unanswered(route, machine, error) for route in desk.routes]
