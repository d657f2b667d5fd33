"""Chunks of machines that are given to an executor's workers, and their answers in order."""

import pickle
import uuid
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import CancelledError, Executor, Future
from typing import TYPE_CHECKING

from newsdesk.contract.receipt import Receipt
from newsdesk.delivery.executor_worker import leave, work
from newsdesk.exceptions import DefinitionError, ReporterException, TransientReporterError
from newsdesk.machine import Machine
from newsdesk.worker import waited

if TYPE_CHECKING:
    from newsdesk.delivery.desk import Desk


SLACK = 600.0
"""Seconds that an executor may take besides: to begin its workers, and for what it does for others."""


class Spread:
    """Has an executor's workers deliver, each with a copy of the desk; nothing is kept or told there.

    Args:
        desk: whose reporters deliver.
        executor: who works.
        in_flight: how many chunks it has at a time, at the most.

    Raises:
        DefinitionError: the desk cannot be sent to workers.
    """

    def __init__(self, desk: "Desk", executor: Executor, in_flight: int) -> None:
        self._desk = desk
        self._executor = executor
        self._in_flight = max(1, in_flight)
        self._asked = [route for route in desk.routes if route.spool != "always"]
        self._copy = _pickled(desk)
        self._run = uuid.uuid4().hex
        self._tasks: deque[tuple[list[Machine], Future[list[list[Receipt]]]]] = deque()
        self._taken = 0
        self._ended: Exception | None = None
        """Why no more chunks are taken; a StopIteration, when there are no more."""
        self._is_lost = False
        """Whether what the executor has not answered will not be answered any more."""

    def answers(self, chunks: Iterator[list[Machine]]) -> Generator[list[Receipt], None, None]:
        """Give what the reporters answered of each machine, in order.

        Raises:
            ReporterException: the executor takes no more work; every machine that was taken is answered.
        """
        try:
            self._give_out(chunks)
            while self._tasks:
                yield from self._answered(*self._tasks[0])
                self._tasks.popleft()
                self._give_out(chunks)
        finally:
            for _, future in self._tasks:
                future.cancel()
            leave(self._run)
        if self._ended is not None and not isinstance(self._ended, StopIteration):
            raise self._ended

    def _give_out(self, chunks: Iterator[list[Machine]]) -> None:
        while self._ended is None and len(self._tasks) < self._in_flight:
            try:
                chunk = next(chunks)
            except Exception as error:  # noqa: BLE001  (raised at the end, after the answers of those before it)
                self._ended = error
            else:
                self._submit(chunk)

    def _submit(self, chunk: list[Machine]) -> None:
        records = [machine.to_json() for machine in chunk]
        self._taken += len(chunk)
        try:
            future = self._executor.submit(work, self._run, self._copy, records)
        except Exception as error:  # noqa: BLE001  (whatever a pool raises that is shut down, or broken)
            future = Future()
            future.set_exception(error)
            self._end(error)
        self._tasks.append((chunk, future))

    def _answered(self, chunk: list[Machine], future: "Future[list[list[Receipt]]]") -> list[list[Receipt]]:
        try:
            answered = self._waited(chunk, future)
            return [receipts for _, receipts in zip(chunk, answered, strict=True)]
        except Exception as error:  # noqa: BLE001  (whatever an executor raises when a worker dies)
            why = TransientReporterError(f"the executor did not deliver it: {type(error).__name__}: {error}")
            return [
                [self._desk.unanswered(route, machine, why) for route in self._asked] for machine in chunk
            ]

    def _waited(self, chunk: list[Machine], future: "Future[list[list[Receipt]]]") -> list[list[Receipt]]:
        # No honest worker takes longer: each delivery has its deadline, at worst one after the other.
        most = SLACK + len(chunk) * max(1, len(self._asked)) * self._desk.deadline
        try:
            return waited(future, 0 if self._is_lost else most)
        except CancelledError as error:
            # Not by us. Dask does it when its scheduler is gone, and never answers what it is given later.
            self._lose(error)
            raise
        except TimeoutError:
            if future.done():  # with the worker's own error, or just now
                return future.result()
            future.cancel()  # else it may still be begun, after its receipts say that it was not
            late = TimeoutError(f"no answer within {most:g} s, all that these deliveries may take")
            self._lose(late)
            raise late from None

    def _lose(self, why: Exception) -> None:
        self._is_lost = True
        self._end(why)

    def _end(self, why: Exception) -> None:
        if self._ended is None or isinstance(self._ended, StopIteration):
            self._ended = ReporterException(
                f"the executor took no more work after {self._taken} machines, each of which has its "
                f"receipts ({type(why).__name__}: {why}); report the rest with a new one"
            )
            self._ended.__cause__ = why


def _pickled(desk: "Desk") -> bytes:
    try:
        return pickle.dumps(desk)
    except Exception as error:  # whatever a stranger's value raises when it is pickled
        raise DefinitionError(
            f"the desk's reporters cannot be sent to the executor's workers: {error}; use classes that can "
            "be imported, and parameters that can be pickled, or report without an executor"
        ) from error
