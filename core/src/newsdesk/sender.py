"""Sends what is owed: claims entries of an outbox, delivers them, and says what became of each."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator

from newsdesk.exceptions import TransientReporterError
from newsdesk.machine import Machine
from newsdesk.outbox import Entry, Outbox, OutboxError, State
from newsdesk.receipt import Receipt, Status

LEASE_MARGIN = 30.0
"""Seconds that a claim outlasts the deadline of what it is for: a clock that jumps, a disk that is slow."""

PATIENCE = 3
"""Deliveries that may fail one after the other before a reporter is left alone for the rest of a run: its backend is down."""

LONGEST_PAUSE = 3600.0
"""Seconds before an entry is sent again by itself, at the most."""

Deliver = Callable[[str, Machine, float], Receipt]
"""Delivers a machine to the reporter of a label, until a `time.monotonic()`."""

_log = logging.getLogger(__name__)


class Sender:
    """Sends what an outbox owes.

    Args:
        outbox: Where it is.
        deliver: How one machine is delivered.
        deadline: Seconds for one delivery.
    """

    def __init__(self, outbox: Outbox, deliver: Deliver, *, deadline: float) -> None:
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
        failures = dict.fromkeys(labels, 0)
        started = time.time()
        count = 0
        while failures and time.monotonic() < until and (limit is None or count < limit):
            entries = self._outbox.claim(
                list(failures),
                lease=self._deadline + LEASE_MARGIN,
                not_after=time.time() if due_only else None,
                before=started,
            )
            if not entries:
                return
            count += 1
            receipt = self._send(entries[0], until)
            failures[receipt.reporter] = 0 if receipt.ok else failures[receipt.reporter] + 1
            if failures[receipt.reporter] >= PATIENCE:
                del failures[receipt.reporter]
            yield receipt

    def _send(self, entry: Entry, until: float) -> Receipt:
        try:
            machine = self._outbox.load(entry)
        except OutboxError as error:
            self._outbox.bury(entry, error=str(error))
            return Receipt(entry.key, entry.revision, entry.label, Status.FAILED, attempts=0, error=error)
        receipt = self._deliver(entry.label, machine, min(until, time.monotonic() + self._deadline))
        if receipt.ok:
            self._outbox.delivered(entry)
            return receipt
        return self._keep(entry, receipt)

    def _keep(self, entry: Entry, receipt: Receipt) -> Receipt:
        """Put an entry back that could not be delivered, or with the dead."""
        reason = f"{type(receipt.error).__name__}: {receipt.error}"
        if not isinstance(receipt.error, TransientReporterError):
            self._outbox.bury(entry, error=reason)
            return receipt
        pause = max(receipt.error.retry_after or 0.0, min(LONGEST_PAUSE, 2.0 ** min(entry.attempts, 12)))
        state = self._outbox.release(entry, error=reason, pause=pause)
        return receipt if state is State.DEAD else receipt.spooled()
