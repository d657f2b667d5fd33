"""Chunks that are delivered by an executor's workers, and their answers in order."""

import pickle
import uuid
from collections import deque
from collections.abc import Generator, Iterator
from concurrent import futures
from os import cpu_count

from newsdesk.contract.answer import Answer
from newsdesk.delivery.attempts.attempts import Surround, unsurrounded
from newsdesk.delivery.engine import Engine, receipt_of
from newsdesk.delivery.executors.worker import Records, called, work
from newsdesk.delivery.job import Job
from newsdesk.delivery.outcome import Outcome
from newsdesk.exceptions import DefinitionError, ReporterException, TransientReporterError
from newsdesk.future import Future

IN_FLIGHT = 2 * (cpu_count() or 1) + 2
"""Chunks that an executor has at a time when nothing is said: they keep one worker for each core busy."""

SLACK = 600.0
"""Seconds that an executor may take besides: to begin its workers, and for what it does for others."""

_Answers = list[list[Answer]]


class ExecutorDelivery:
    """Has an executor's workers deliver, each with a copy of the engine; nothing is kept or logged there.

    A chunk with a machine that is in another chunk waits until that one is answered, so that its revisions
    are delivered in their order.

    Args:
        engine: The reporters that the workers call.
        executor: Who works.
        in_flight: Chunks that it has at a time at the most; None for `IN_FLIGHT`.
        surround: Gives what plugins do around an attempt, for workers in this process.

    Raises:
        DefinitionError: the reporters cannot be sent to workers.
    """

    def __init__(
        self,
        engine: Engine,
        executor: futures.Executor,
        in_flight: int | None = None,
        surround: Surround = unsurrounded,
    ) -> None:
        self._engine = engine
        self._executor = executor
        self._in_flight = IN_FLIGHT if in_flight is None else max(1, in_flight)
        self._copy = _pickled(engine)
        self._surround = surround
        self._run = uuid.uuid4().hex
        self._tasks: deque[tuple[list[Job], futures.Future[_Answers]]] = deque()
        self._held: list[Job] | None = None
        """The next chunk, which waits for one that has one of its machines."""
        self._refused: list[Job] | None = None
        """A chunk that the executor did not take."""
        self._taken = 0
        self._ended: Exception | None = None
        """Why no more chunks are taken; a StopIteration, when there are no more."""
        self._is_lost = False
        """Whether what the executor has not answered will not be answered any more."""

    def answers(self, chunks: Iterator[list[Job]]) -> Generator[list[Answer], None, None]:
        """Give what the reporters answered of each machine, in order.

        Raises:
            ReporterException: the executor takes no more work; every machine that was taken is answered.
        """
        with called(self._run, self._surround):
            try:
                self._give_out(chunks)
                while self._tasks:
                    yield from self._answered(*self._tasks[0])
                    self._tasks.popleft()
                    self._give_out(chunks)
            finally:
                for _, future in self._tasks:
                    future.cancel()
        if self._ended is not None and not isinstance(self._ended, StopIteration):
            raise self._ended

    def _give_out(self, chunks: Iterator[list[Job]]) -> None:
        while len(self._tasks) < self._in_flight:
            if self._held is None and self._ended is None:
                try:
                    self._held = next(chunks)
                except Exception as error:  # noqa: BLE001  (raised at the end, after the answers of those before it)
                    self._ended = error
            if self._held is None or self._has_one_of(self._held):
                return
            chunk, self._held = self._held, None
            self._submit(chunk)

    def _has_one_of(self, chunk: list[Job]) -> bool:
        keys = {job.key for given, _ in self._tasks for job in given}
        return any(job.key in keys for job in chunk)

    def _submit(self, chunk: list[Job]) -> None:
        records = [self._records(job) for job in chunk]
        self._taken += len(chunk)
        try:
            future = self._executor.submit(work, self._run, self._copy, records)
        except Exception as error:  # noqa: BLE001  (whatever a pool raises that is shut down, or broken)
            future = futures.Future()
            future.set_exception(error)
            self._refused = chunk
            self._end(error)
        self._tasks.append((chunk, future))

    def _answered(self, chunk: list[Job], future: "futures.Future[_Answers]") -> _Answers:
        try:
            answered = self._waited(chunk, future)
            return [answers for _, answers in zip(chunk, answered, strict=True)]
        except Exception as error:  # noqa: BLE001  (whatever an executor raises when a worker dies)
            text = f"the executor did not deliver it: {type(error).__name__}: {error}"
            outcome = Outcome(error=TransientReporterError(text))
            # A worker that nobody hears of any more may still write.
            running = () if chunk is self._refused else (Future[None](),)
            return [
                [
                    Answer(receipt_of(route, job.forms[route.label], outcome), running)
                    for route in self._engine.routes
                    if route.label in job.forms
                ]
                for job in chunk
            ]

    def _records(self, job: Job) -> Records:
        """Give what the workers' reporters get of a machine, and nothing else of it."""
        found: dict[bytes, list[str]] = {}
        for route in self._engine.routes:
            if route.label in job.forms:
                found.setdefault(job.forms[route.label].to_json(), []).append(route.label)
        return list(found.items())

    def _waited(self, chunk: list[Job], future: "futures.Future[_Answers]") -> _Answers:
        # No honest worker takes longer: each delivery has its deadline, at worst one after the other.
        most = SLACK + len(chunk) * max(1, len(self._engine.routes)) * self._engine.deadline
        ended = Future[None]()
        future.add_done_callback(lambda _: ended.set_result(None))
        try:
            ended.result(0 if self._is_lost else most)
        except TimeoutError:
            future.cancel()  # else it may still be begun, after its receipts say that it was not
            late = TimeoutError(f"no answer within {most:g} s, all that these deliveries may take")
            self._lose(late)
            raise late from None
        try:
            return future.result()
        except futures.CancelledError as error:
            # Not by us. Dask does it when its scheduler is gone, and never answers what it is given later.
            self._lose(error)
            raise

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


def _pickled(engine: Engine) -> bytes:
    try:
        return pickle.dumps(engine)
    except Exception as error:  # whatever a value of a plugin raises when it is pickled
        raise DefinitionError(
            f"the desk's reporters cannot be sent to the executor's workers: {error}; use classes that can "
            "be imported, and parameters that can be pickled, or report without an executor"
        ) from error
