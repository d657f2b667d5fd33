"""The outbox as a desk uses it: the order of reports, what is kept, and what is sent along."""

import dataclasses
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from time import monotonic

from newsdesk.contract.answer import PATIENCE, Answer
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.delivery.job import Job
from newsdesk.delivery.route import Route
from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.machine import Machine
from newsdesk.outbox import BUSY, BaseOutbox, Ticket
from newsdesk.outbox.sender import LEASE_MARGIN, Deliver, Sender

WITHIN = 1.0
"""Seconds to wait for a locked outbox where nothing is lost without it; a quarter of the deadline if that is
less. Only what must be kept waits longer."""

REST = 60.0
"""Seconds for which nothing is sent along to a reporter after `PATIENCE` owed machines in a row hung."""

DRAIN_SECONDS = 2.0
"""Seconds for what is sent along with a delivery, besides three times what that delivery took."""

_log = logging.getLogger(__name__)


class Spool:
    """The outbox of one desk.

    Args:
        outbox: Where things are kept.
        routes: The desk's reporters by their labels.
        deliver: How the desk delivers one machine that is owed.
        deadline: Seconds for one delivery.
        drain: Owed machines of a reporter that are sent along with a delivery to it, at the most.
    """

    def __init__(
        self,
        outbox: BaseOutbox,
        routes: Mapping[str, Route],
        deliver: Deliver,
        *,
        deadline: float,
        drain: int,
    ) -> None:
        self.outbox = outbox
        self._routes = routes
        self._deliver = deliver
        self._deadline = deadline
        self._drain = drain
        self._hung: Counter[str] = Counter()
        """Owed machines in a row that hung, by label."""
        self._rests: dict[str, float] = {}
        """`time.monotonic()` before which nothing is sent along, by label."""
        self.within = min(WITHIN, deadline / 4)
        """Seconds to wait for a locked outbox where others would have to wait too."""

    def begin(self, jobs: Sequence[Job]) -> None:
        """Give jobs their order, before anything of them is sent."""
        lease = len(jobs) * self._deadline + LEASE_MARGIN
        by_labels: dict[tuple[str, ...], list[Job]] = {}
        for job in jobs:
            by_labels.setdefault(tuple(job.forms), []).append(job)
        for labels, some in by_labels.items():
            if labels:
                self._begin(labels, some, lease)

    def _begin(self, labels: Sequence[str], jobs: Sequence[Job], lease: float) -> None:
        """Give jobs for the same reporters their order."""
        keys = [job.key for job in jobs]
        try:
            tickets = self.outbox.begin(labels, keys, lease=lease, within=self.within)
        except ReporterException as error:
            _log.warning(
                "an older revision that is owed may replace what is delivered of %s now, since the outbox "
                "cannot be used: %s",
                keys[0] if len(keys) == 1 else f"{len(keys)} machines",
                error,
            )
            return
        for job, own in zip(jobs, tickets, strict=True):
            job.tickets = own

    def is_superseded(self, job: Job, label: str) -> bool:
        """Tell whether a newer revision was reported since a job began."""
        try:
            return label in job.tickets and self.outbox.is_late(job.tickets[label], within=self.within)
        except ReporterException:  # then it is tried again, and settled later
            return False

    def finish(self, answer: Answer, job: Job, *, within: float | None = None) -> Receipt:
        """Keep what an answer says is owed, and settle what it says is delivered.

        Args:
            answer: The answer.
            job: What it is about.
            within: Seconds to wait for a locked outbox that has to keep it; long, when None.
        """
        receipt = answer.receipt
        ticket = job.tickets.get(receipt.reporter)
        is_running = bool(answer.running)
        if receipt.ok:
            receipt = self._settle(receipt, job, ticket, is_running=is_running)
        elif self._is_owed(receipt):
            seconds = BUSY if within is None else within
            receipt = self._put(receipt, job, ticket, is_running=is_running, within=seconds)
        elif ticket is not None and not is_running:
            self._end(ticket)
        if ticket is not None:
            self.outbox.end_after(ticket, answer.running)
        return receipt

    def send_along(self, receipts: Iterable[Receipt]) -> Iterator[Receipt]:
        """Send a few machines that are owed to reporters whose backends have just shown that they are up."""
        if self._drain < 1:
            return
        seconds: dict[str, float] = {}
        for receipt in receipts:
            if receipt.ok or receipt.status is Status.SUPERSEDED:
                seconds[receipt.reporter] = max(seconds.get(receipt.reporter, 0.0), receipt.seconds)
        for label, taken in seconds.items():
            if monotonic() < self._rests.get(label, -inf):
                continue
            budget = min(self._deadline, DRAIN_SECONDS + 3 * taken)
            try:
                yield from self._send_some(label, budget)
            except ReporterException as error:  # it is about other machines than the one that was reported
                _log.warning("what is owed to %s could not be sent along: %s", label, error)

    def _send_some(self, label: str, budget: float) -> Iterator[Receipt]:
        end = monotonic() + budget
        # Each has the whole budget: what hangs for so long had a fair chance, and counts as an attempt.
        sender = Sender(self.outbox, self._deliver_along, deadline=budget, within=self.within)
        for receipt in sender.send([label], until=inf, limit=self._drain, due_only=True):
            yield receipt
            if monotonic() >= end:
                return

    def _deliver_along(self, label: str, machine: Machine, until: float) -> Answer:
        answer = self._deliver(label, machine, until)
        self._hung[label] = self._hung[label] + 1 if answer.running else 0
        if self._hung[label] >= PATIENCE:
            self._rests[label] = monotonic() + REST
            self._hung[label] = 0
        return answer

    def send(self, labels: Sequence[str], until: float) -> Iterator[Receipt]:
        """Send all that is owed to these reporters and may work now."""
        return Sender(self.outbox, self._deliver, deadline=self._deadline).send(labels, until=until)

    def _is_owed(self, receipt: Receipt) -> bool:
        may_work_later = receipt.error is None or isinstance(receipt.error, TransientReporterError)
        is_failed = receipt.status is Status.FAILED
        return is_failed and may_work_later and self._routes[receipt.reporter].spool != "never"

    def _settle(self, receipt: Receipt, job: Job, ticket: Ticket | None, *, is_running: bool) -> Receipt:
        if ticket is None:
            return receipt
        try:
            is_newest = self.outbox.settle(
                job.forms[receipt.reporter], ticket, running=is_running, within=self.within
            )
        except ReporterException as error:  # the backend has it: that is what the receipt tells
            _log.warning(
                "%s is at %s, but an older revision that is owed may replace it: %s",
                *(job.key, receipt.reporter, error),
            )
            return receipt
        return receipt if is_newest else dataclasses.replace(receipt, status=Status.SUPERSEDED)

    def _put(
        self, receipt: Receipt, job: Job, ticket: Ticket | None, *, is_running: bool, within: float
    ) -> Receipt:
        reason = None if receipt.error is None else str(receipt.error)
        try:
            number = self.outbox.put(
                receipt.reporter,
                job.forms[receipt.reporter],
                error=reason,
                ticket=ticket,
                running=is_running,
                within=within,
            )
        except ReporterException as error:
            return _lost(receipt, error)
        status = Status.SUPERSEDED if number is None else Status.SPOOLED
        return dataclasses.replace(receipt, status=status)

    def _end(self, ticket: Ticket) -> None:
        try:
            self.outbox.end(ticket, within=self.within)
        except ReporterException as error:  # the end of this process ends it as well
            _log.debug("the delivery of %s to %s is not ended: %s", ticket.key, ticket.label, error)


def _lost(receipt: Receipt, error: ReporterException) -> Receipt:
    reasons = [reason for reason in (receipt.error, error) if reason is not None]
    text = "; ".join(map(str, reasons))
    lost = ExceptionGroup(
        f"{receipt.machine} could be neither delivered to {receipt.reporter} nor kept: {text}", reasons
    )
    return dataclasses.replace(receipt, error=lost)
