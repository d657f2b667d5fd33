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

    However it ends, of every machine that was taken each receipt is finished: what nobody has acknowledged
    goes to the outbox.

    Raises:
        MachineError: one is no machine; those before it are delivered first.
        ReporterException: the executor takes no more work; every machine that was taken has its receipts.
    """
    pending: deque[Machine] = deque()
    waiting = chunks(_noted(machines, pending), size)
    answers = _here(desk, waiting) if executor is None else _spread(desk, waiting, executor, in_flight)
    try:
        for machine, receipts in answers:
            finished = [desk.finish(receipt, machine) for receipt in receipts]
            pending.popleft()
            yield finished
    finally:
        answers.close()
        _keep(desk, pending)


_Answers = Generator[tuple[Machine, list[Receipt]], None, None]


def _noted(machines: Iterable[object], pending: deque[Machine]) -> Iterator[Machine]:
    for machine in machines:
        made = Machine.of(machine)
        pending.append(made)
        yield made


def _here(desk: "Desk", waiting: Iterator[list[Machine]]) -> _Answers:
    for chunk in waiting:
        with contextlib.closing(desk.answers(chunk)) as answers:
            yield from answers


def _spread(desk: "Desk", waiting: Iterator[list[Machine]], executor: Executor, in_flight: int) -> _Answers:
    """Deliver by workers, each with a copy of the desk; receipts are finished here, by the desk itself."""
    copy, run = pickle.dumps(desk), uuid.uuid4().hex
    tasks: deque[_Task] = deque()
    taken = 0
    ended: Exception | None = None
    try:
        while tasks or ended is None:
            while ended is None and len(tasks) < max(1, in_flight):
                try:
                    chunk = next(waiting)
                except Exception as error:  # noqa: BLE001  (raised below, after the answers of those before it)
                    ended = error
                    break
                taken += len(chunk)
                tasks.append(_task(executor, run, copy, chunk))
                ended = _refusal(tasks[-1], taken)
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
    refused: Exception | None = None


def _task(executor: Executor, run: str, copy: bytes, chunk: list[Machine]) -> _Task:
    records = [machine.redacted().to_json() for machine in chunk]
    try:
        return _Task(executor.submit(work, run, copy, records), chunk)
    except Exception as error:  # noqa: BLE001  (whatever a pool raises that is shut down, or broken)
        future: Future[list[list[Receipt]]] = Future()
        future.set_exception(error)
        return _Task(future, chunk, error)


def _refusal(task: _Task, taken: int) -> ReporterException | None:
    if task.refused is None:
        return None
    refusal = ReporterException(
        f"the executor took no more work after {taken} machines, each of which has its receipts "
        f"({type(task.refused).__name__}: {task.refused}); report the rest with a new one"
    )
    refusal.__cause__ = task.refused
    return refusal


def _answers(desk: "Desk", task: _Task) -> Iterator[tuple[Machine, list[Receipt]]]:
    try:
        receipts = task.future.result()
    except Exception as error:  # noqa: BLE001  (whatever an executor raises when a worker dies)
        lost = TransientReporterError(f"the executor did not deliver it: {type(error).__name__}: {error}")
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
    _log.warning("stopped with %d machines that were taken and not acknowledged", len(pending))


def _unanswered(desk: "Desk", machine: Machine, error: Exception) -> list[Receipt]:
    return [desk.unanswered(route, machine, error) for route in desk.routes]
