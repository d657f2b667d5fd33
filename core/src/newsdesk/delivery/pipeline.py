"""The way of machines: taken, put in order, delivered, and their receipts finished, however it ends."""

import contextlib
import dataclasses
import logging
import os
import time
import weakref
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from newsdesk.contract.answer import Answer
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.contract.suggestions import did_you_mean
from newsdesk.delivery.engine import Engine, receipt_of, skipped
from newsdesk.delivery.job import CHUNK_SIZE, Job, chunks
from newsdesk.delivery.outcome import Outcome
from newsdesk.exceptions import TransientReporterError
from newsdesk.future import Future
from newsdesk.machine import Machine
from newsdesk.worker import run_to_its_end

if TYPE_CHECKING:
    from newsdesk.delivery.spool import Spool

_Answers = Generator[list[Answer], None, None]
Deliver = Callable[[Iterator[list[Job]]], _Answers]
"""Delivers chunks, and gives what the reporters answered of each machine, in order."""

KEEPING = 30.0
"""Seconds that a locked outbox is waited for when everything has to be kept that was taken."""

_log = logging.getLogger(__name__)


class Stream(Iterator[Receipt]):
    """Receipts as they come.

    Ended early, by `close()`, by losing the last reference, or by the end of the process, what was taken and
    not acknowledged goes to the outbox.

    Args:
        receipts: Gives the receipts, and sees to what was taken when it is closed.
        keep: Sees to what was taken while another thread waits for a receipt.
    """

    def __init__(self, receipts: Generator[Receipt, None, None], keep: Callable[[], None]) -> None:
        self._receipts = receipts
        self._is_waited_for = False
        self._is_closed = False
        # A generator that is still referenced when the process ends is never closed by Python.
        self._end = weakref.finalize(self, _end, receipts, keep)

    def __next__(self) -> Receipt:
        if self._is_closed:
            self._end()
        self._is_waited_for = True
        try:
            return next(self._receipts)
        finally:
            self._is_waited_for = False

    def close(self) -> None:
        """End it; while a receipt is waited for, as a signal handler finds it, after that receipt."""
        self._is_closed = True
        if not self._is_waited_for:
            self._end()


def _end(receipts: Generator[Receipt, None, None], keep: Callable[[], None]) -> None:
    try:
        receipts.close()
    except ValueError:  # a daemon thread waits in it, and the process ends
        keep()


class Pipeline:
    """Takes machines, has them delivered, and finishes their receipts.

    Args:
        engine: The reporters.
        spool: The outbox, if there is one.
        tell: Takes each receipt that is finished, within some seconds.
    """

    def __init__(self, engine: Engine, spool: "Spool | None", tell: Callable[[Receipt, float], None]) -> None:
        self._engine = engine
        self._spool = spool
        self._tell_plugins = tell
        self._looked_at: set[str] = set()
        """The reporters whose `redact` was compared with a machine."""

    def stream(
        self, machines: Iterable[object], chunk_size: int | None = None, deliver: Deliver | None = None
    ) -> Stream:
        """Give the receipts of machines, which are delivered here where nothing else is given."""
        pending: deque[Job] = deque()
        is_made = chunk_size is None and not isinstance(machines, Collection)
        taken = chunks(self._taken(machines, pending), chunk_size or CHUNK_SIZE, first=1 if is_made else None)
        receipts = self._receipts(taken, pending, deliver or self._deliver)
        return Stream(receipts, partial(self._keep, pending))

    def send_owed(self, spool: "Spool", labels: Sequence[str], seconds: float) -> Iterator[Receipt]:
        """Send what is owed to these reporters for some seconds, and give the receipts."""
        self._engine.prepare(labels)
        yield from map(self._finish_owed, spool.send(labels, time.monotonic() + seconds))

    def _taken(self, machines: Iterable[object], pending: "deque[Job]") -> Iterator[Job]:
        """Take machines one by one: from then on, each gets its receipts."""
        nowhere, first = 0, ""
        try:
            for machine in machines:
                made = Machine.of(machine)
                job = Job.of(made, self._engine.routes)
                pending.append(job)
                self._warn_of_misspelled(job, made)
                for route in self._engine.routes:
                    if route.label not in job.forms:
                        self._note(skipped(route, job.key, job.revision), job)
                if self._engine.routes and not job.forms:
                    nowhere, first = nowhere + 1, first or str(job.key)
                yield job
        finally:
            if nowhere:
                machines = "1 machine was" if nowhere == 1 else f"{nowhere} machines were"
                text = "%s sent nowhere, such as %s: each reporter's 'when' leaves %s out"
                _log.warning(text, machines, first, "it" if nowhere == 1 else "them")

    def _warn_of_misspelled(self, job: Job, machine: Machine) -> None:
        """Tell of what `redact` seems to mean in the first machine of each reporter, and does not find."""
        for route in self._engine.routes:
            if route.label in job.forms and route.label not in self._looked_at:
                self._looked_at.add(route.label)
                for path, keys in route.redact.unmatched(machine) if route.redact else ():
                    if keys and (meant := did_you_mean(path.last, keys)):
                        _log.warning("%s: redact %r is not in %s%s", route.label, path.text, job.key, meant)

    def _receipts(
        self, taken: Iterator[list[Job]], pending: "deque[Job]", deliver: Deliver
    ) -> Generator[Receipt, None, None]:
        """Deliver machines in chunks.

        However it ends, of every machine that was taken each receipt is finished: what nobody has
        acknowledged goes to the outbox. Not in a forked child, where they are still its parent's.
        """
        process = os.getpid()
        answered = deliver(self._begun(taken))
        done: list[Receipt] = []
        try:
            for answers in answered:
                job = pending[0]
                for answer in answers:
                    self._finish(answer, job)
                self._keep_always(job)
                pending.popleft()
                receipts = [job.receipts[route.label] for route in self._engine.routes]
                done += receipts
                yield from receipts
                if job.is_last:
                    self._send_along(done)
                    done = []
        finally:
            try:
                answered.close()
            finally:  # also when a second Ctrl-C comes
                if os.getpid() == process:
                    self._keep(pending)

    def _begun(self, waiting: Iterator[list[Job]]) -> Iterator[list[Job]]:
        """Give each chunk its order, and keep what is always kept: it is safe before anything can hang."""
        for chunk in waiting:
            chunk[-1].is_last = True
            if self._spool is not None:
                self._spool.begin(chunk)
                # A locked outbox does not hold up the others for long: it is tried again after they answered.
                all(self._keep_always(job, self._spool.within) for job in chunk)
            yield chunk

    def _keep_always(self, job: Job, within: float | None = None) -> bool:
        """Keep what is always kept of a machine; with `within` only if that is soon done. Return if it is."""
        for route in self._engine.routes:
            if route.spool == "always" and route.label not in job.receipts:
                receipt = self._settled(Answer(receipt_of(route, job.forms[route.label])), job, within)
                if within is not None and receipt.status is Status.FAILED:
                    return False
                self._note(receipt, job)
        return True

    def _deliver(self, waiting: Iterator[list[Job]]) -> _Answers:
        for chunk in waiting:
            is_superseded = partial(self._is_superseded, chunk)
            forms = [job.forms for job in chunk]
            with contextlib.closing(self._engine.deliver(forms, is_superseded)) as answered:
                yield from answered

    def _is_superseded(self, chunk: Sequence[Job], label: str, index: int) -> bool:
        return self._spool is not None and self._spool.is_superseded(chunk[index], label)

    def _finish(self, answer: Answer, job: Job) -> None:
        """Keep what is owed, and tell the log and the plugins that listen."""
        self._note(self._settled(answer, job), job)

    def _settled(self, answer: Answer, job: Job, within: float | None = None) -> Receipt:
        return answer.receipt if self._spool is None else self._spool.finish(answer, job, within=within)

    def _note(self, receipt: Receipt, job: Job) -> None:
        job.receipts[receipt.reporter] = receipt
        self._tell(receipt, self._engine.deadline - receipt.seconds)

    def _keep(self, pending: Iterable[Job]) -> None:
        """See to it that nothing is lost when it ends early, nor by another Ctrl-C meanwhile."""
        if jobs := list(pending):
            run_to_its_end(partial(self._keep_all, jobs))

    def _keep_all(self, jobs: Sequence[Job]) -> None:
        stopped = Outcome(error=TransientReporterError("it was stopped before this was acknowledged"))
        kept: list[Receipt] = []
        until = time.monotonic() + KEEPING
        for job in jobs:
            for route in self._engine.routes:
                if route.label in job.receipts:
                    continue
                if route.label not in job.forms:  # it was stopped among the first receipts, of those left out
                    kept.append(skipped(route, job.key, job.revision))
                    continue
                # Its call may go on in its thread, or in an executor's worker: nobody hears of its end.
                answer = Answer(receipt_of(route, job.forms[route.label], stopped), (Future(),))
                kept.append(self._settled(answer, job, max(0.0, until - time.monotonic())))
        for receipt in kept:  # when all are safe: who listens may hang
            self._tell(receipt, 0.0)
        machines = "1 machine that was" if len(jobs) == 1 else f"{len(jobs)} machines that were"
        _log.warning("stopped with %s taken and not acknowledged", machines)

    def _send_along(self, receipts: Sequence[Receipt]) -> None:
        if self._spool is not None:
            for receipt in self._spool.send_along(receipts):
                self._finish_owed(receipt)

    def _finish_owed(self, receipt: Receipt) -> Receipt:
        route = self._engine.dispatchers[receipt.reporter].route
        own = dataclasses.replace(receipt, required=route.required, accepts_spooled=route.accepts_spooled)
        self._tell(own, self._engine.deadline - own.seconds)
        return own

    def _tell(self, receipt: Receipt, within: float) -> None:
        _log.log(
            logging.INFO if receipt.settled else logging.WARNING,
            "%s at %s: %s, %d attempts, %.3f s%s",
            receipt.machine,
            receipt.reporter,
            receipt.status,
            receipt.attempts,
            receipt.seconds,
            "" if receipt.error is None else f": {type(receipt.error).__name__}: {receipt.error}",
            extra={"receipt": receipt},
        )
        self._tell_plugins(receipt, within)
