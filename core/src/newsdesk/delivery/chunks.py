"""Many machines: in chunks, delivered here or by an executor's workers."""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from os import cpu_count
from typing import TYPE_CHECKING

from newsdesk.contract.receipt import Receipt
from newsdesk.delivery.dispatcher import Call, Outcome, Post
from newsdesk.delivery.executor import Spread
from newsdesk.delivery.retry import PATIENCE, Retry
from newsdesk.exceptions import TransientReporterError
from newsdesk.machine import Machine

if TYPE_CHECKING:
    from newsdesk.delivery.desk import Desk

CHUNK_SIZE = 50
"""Machines that are delivered together: one task of an executor, and a statement or so of a database."""

IN_FLIGHT = 2 * (cpu_count() or 1) + 2
"""Chunks that an executor has at a time when nothing is said: they keep one worker for each core busy."""

_log = logging.getLogger(__name__)


def chunks(machines: Iterable[Machine], size: int) -> Iterator[list[Machine]]:
    """Give machines in lists of `size`, each made when it is asked for."""
    chunk: list[Machine] = []
    try:
        for machine in machines:
            chunk.append(machine)
            if len(chunk) >= size:
                yield chunk
                chunk = []
    except Exception:
        if chunk:  # those before the one that is wrong are right
            yield chunk
        raise
    if chunk:
        yield chunk


_Outcomes = Generator[Outcome, None, None]


def outcomes(post: Post, machines: Sequence[Machine], retry: Retry, deadline: float) -> _Outcomes:
    """Begin at once to deliver machines together, and give what became of each when it is asked for.

    `deadline` bounds each machine. Those that were left behind with one that hung are begun anew; after
    `PATIENCE` that hung one after the other they are given up.
    """
    stream = _outcomes(post, deque(machines), retry, deadline)
    next(stream)
    return stream


def _outcomes(post: Post, machines: deque[Machine], retry: Retry, deadline: float) -> _Outcomes:
    calls, hung = deque[Call](), 0
    try:
        calls += post.deliver_many(list(machines), retry, deadline)
        yield Outcome()  # nobody's: a generator that has not begun would not hear that it is closed
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
    desk: "Desk", machines: Iterable[Machine], executor: Executor | None, size: int, in_flight: int
) -> Generator[list[Receipt], None, None]:
    """Deliver machines in chunks, here or by an executor's workers, and yield the receipts of each, in order.

    However it ends, of every machine that was taken each receipt is finished: what nobody has acknowledged
    goes to the outbox.

    Raises:
        MachineError: one is no machine; those before it are delivered first.
        ReporterException: the executor takes no more work; every machine that was taken has its receipts.
    """
    pending: deque[_Taken] = deque()
    waiting = chunks(_taken(desk, machines, pending), size)
    answers = _here(desk, waiting) if executor is None else Spread(desk, executor, in_flight).answers(waiting)
    try:
        for receipts in answers:
            taken = pending[0]
            taken.finish(desk, receipts)
            pending.popleft()
            yield [taken.finished[route.label] for route in desk.routes]
    finally:
        answers.close()
        _keep(desk, pending)


@dataclass
class _Taken:
    """A machine that was taken, and those of its receipts that are finished."""

    machine: Machine
    """As reporters get it."""
    finished: dict[str, Receipt] = field(default_factory=dict)
    """Each by its reporter's label."""

    def finish(self, desk: "Desk", receipts: Iterable[Receipt]) -> None:
        """Keep what receipts say is owed, and note that they are finished."""
        for receipt in receipts:
            self.finished[receipt.reporter] = desk.finish(receipt, self.machine)


def _taken(desk: "Desk", machines: Iterable[Machine], pending: deque[_Taken]) -> Iterator[Machine]:
    for machine in machines:
        taken = _Taken(machine.redacted())
        pending.append(taken)
        for receipt in desk.kept(taken.machine):
            taken.finished[receipt.reporter] = receipt
        yield taken.machine


def _here(desk: "Desk", waiting: Iterator[list[Machine]]) -> Generator[list[Receipt], None, None]:
    for chunk in waiting:
        with contextlib.closing(desk.answers(chunk)) as answers:
            yield from answers


def _keep(desk: "Desk", pending: Sequence[_Taken]) -> None:
    """See to it that nothing is lost when it ends early."""
    if not pending:
        return
    stopped = TransientReporterError("it was stopped before this was acknowledged")
    for taken in pending:
        left = [route for route in desk.routes if route.label not in taken.finished]
        taken.finish(desk, [desk.unanswered(route, taken.machine, stopped) for route in left])
    _log.warning("stopped with %d machines that were taken and not acknowledged", len(pending))
