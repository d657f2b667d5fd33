"""Sends what is owed: claims entries of an outbox, delivers them, and yields their receipts."""

import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator

from newsdesk.contract.answer import PATIENCE, Answer
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.exceptions import DefinitionError, TransientReporterError
from newsdesk.machine import Machine
from newsdesk.outbox.base import BaseOutbox
from newsdesk.outbox.entry import Entry, State
from newsdesk.outbox.storage.database import BUSY
from newsdesk.outbox.storage.faults import DamagedError, OutboxError

LEASE_MARGIN = 30.0
"""Seconds that a claim outlasts the deadline of what it is for: the disk may be slow."""

LONGEST_PAUSE = 3600.0
"""Longest pause before an entry is sent again, in seconds."""

_HANG = 6
"""Doublings of the pause after a hang: it has cost all the time that there was."""

Deliver = Callable[[str, Machine, float], Answer]
"""Delivers a machine to the reporter of a label, until a `time.monotonic()`."""

_log = logging.getLogger(__name__)


class Sender:
    """Sends what an outbox owes.

    Args:
        outbox: Where it is.
        deliver: How one machine is delivered.
        deadline: Seconds for one delivery.
        within: Seconds to wait while others use the outbox, before nothing is sent.
    """

    def __init__(
        self, outbox: BaseOutbox, deliver: Deliver, *, deadline: float, within: float = BUSY
    ) -> None:
        self._within = within
        self._outbox = outbox
        self._deliver = deliver
        self._deadline = deadline

    def send(
        self, labels: Iterable[str], *, until: float, limit: int | None = None, due_only: bool = False
    ) -> Iterator[Receipt]:
        """Send entries of these reporters until none is left that may work, and give a receipt for each.

        Args:
            labels: The reporters.
            until: No delivery is begun after this `time.monotonic()`, and none lasts longer.
            limit: Entries at the most.
            due_only: Leave alone what failed a short while ago.
        """
        patience = dict.fromkeys(labels, PATIENCE)
        run, count = uuid.uuid4().hex, 0
        try:
            while patience and time.monotonic() < until and (limit is None or count < limit):
                entry = self._claim(patience, run, due_only=due_only)
                if entry is None:
                    return
                count += 1
                receipt = self._send(entry, until)
                if receipt is None:
                    continue
                patience[entry.label] = _left(patience[entry.label], receipt)
                patience = {label: left for label, left in patience.items() if left > 0}
                yield receipt
        finally:
            if count:
                self._outbox.shrink()

    def _claim(self, labels: Iterable[str], run: str, *, due_only: bool) -> Entry | None:
        entries = self._outbox.claim(
            labels,
            lease=self._deadline + LEASE_MARGIN,
            due_by=time.time() if due_only else float("inf"),
            run=run,
            within=self._within,
        )
        return entries[0] if entries else None

    def _send(self, entry: Entry, until: float) -> Receipt | None:
        try:
            machine = self._outbox.load(entry)
        except DamagedError as error:
            if not self._outbox.bury(entry, error=str(error)):
                return None  # the claim is lost, and with it perhaps the record
            return Receipt(entry.key, entry.revision, entry.label, Status.FAILED, attempts=0, error=error)
        end = time.monotonic() + self._deadline
        try:
            answer = self._deliver(entry.label, machine, min(until, end))
        except BaseException as error:  # Ctrl-C: the next sender need not wait for the claim to expire
            reason = f"stopped: {type(error).__name__}"
            with contextlib.suppress(OutboxError):  # what stops it is what the caller is to see
                self._outbox.release(entry, error=reason, pause=0, counts=False, running=True)
            raise
        receipt = self._keep(entry, answer, was_cut=until < end and time.monotonic() >= until)
        self._outbox.end_after(entry.ticket, answer.running)
        return receipt

    def _keep(self, entry: Entry, answer: Answer, *, was_cut: bool) -> Receipt:
        """Take out an entry that was delivered or skipped; put it back, or with the dead, if it failed."""
        receipt, running = answer.receipt, bool(answer.running)
        if receipt.ok or receipt.status is Status.SKIPPED:
            self._settle(entry, running=running)
            return receipt
        reason = f"{type(receipt.error).__name__}: {receipt.error}"
        # A definition that does not resolve says nothing of the record, and neither does a run that was over.
        is_config = isinstance(receipt.error, DefinitionError)
        if not is_config and not isinstance(receipt.error, TransientReporterError):
            self._warn_if_lost(entry, held=self._outbox.bury(entry, error=reason, running=running))
            return receipt
        counts = not is_config and not was_cut
        state = self._outbox.release(
            entry,
            error=reason,
            pause=_pause(entry, answer),
            counts=counts,
            running=running,
        )
        return receipt if state is State.DEAD else receipt.spooled()

    def _settle(self, entry: Entry, *, running: bool) -> None:
        try:
            self._warn_if_lost(entry, held=self._outbox.delivered(entry, running=running))
        except OutboxError as error:  # the backend has it: that is what the receipt says
            _log.warning("%s was delivered, and is sent once more when its claim expires: %s", entry, error)

    def _warn_if_lost(self, entry: Entry, *, held: bool) -> None:
        if not held:
            _log.warning(
                "%s took longer than its claim, or a newer revision was delivered meanwhile: one of the two "
                "is sent again",
                entry,
            )


def _left(patience: int, receipt: Receipt) -> int:
    """Give how often a reporter may still fail; only what would happen to every machine counts."""
    if receipt.ok:
        return PATIENCE
    if isinstance(receipt.error, DefinitionError):
        return 0
    return patience - 1 if isinstance(receipt.error, TransientReporterError) else patience


def _pause(entry: Entry, answer: Answer) -> float:
    asked = getattr(answer.receipt.error, "retry_after", None) or 0.0
    doublings = entry.attempts + (_HANG if answer.running else 0)
    return float(max(asked, min(LONGEST_PAUSE, 2.0 ** min(doublings, 12))))
