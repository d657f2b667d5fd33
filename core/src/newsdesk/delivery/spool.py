"""Sees to it that nothing is lost: puts what is owed into the outbox, and takes out what came another way."""

import dataclasses
import logging
from collections.abc import Iterator, Mapping, Sequence

from newsdesk.contract.receipt import Receipt, Status
from newsdesk.delivery.route import Route
from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox import Entry, Outbox
from newsdesk.outbox.sender import Deliver, Sender

_log = logging.getLogger(__name__)


class Keeper:
    """The outbox of one desk, as that desk uses it.

    Args:
        outbox: Where things are kept.
        routes: The desk's reporters by their labels.
        deliver: How the desk delivers one machine that is owed.
        deadline: Seconds for one delivery.
        drain: Owed machines of a reporter that are sent along with a delivery that went well, at the most.
    """

    def __init__(
        self, outbox: Outbox, routes: Mapping[str, Route], deliver: Deliver, *, deadline: float, drain: int
    ) -> None:
        self.outbox = outbox
        self._routes = routes
        self._sender = Sender(outbox, deliver, deadline=deadline)
        self._drain = drain
        self._waiting: dict[tuple[str, MachineKey, str], list[Entry]] = {}

    def note(self, machine: Machine) -> None:
        """Note what is owed of a machine before it is sent, to settle that afterwards."""
        for label in self._routes:
            try:
                waiting = self.outbox.waiting(label, machine.key)
            except ReporterException as error:
                _log.warning("what the outbox owes of %s to %s is not known: %s", machine.key, label, error)
                continue
            if waiting:
                self._waiting[label, machine.key, machine.revision] = waiting

    def keep(self, receipt: Receipt, machine: Machine) -> Receipt:
        """Keep what a receipt says is owed, and owe nothing older than what was delivered."""
        waiting = self._waiting.pop((receipt.reporter, machine.key, machine.revision), [])
        if receipt.ok:
            self._overtake(receipt.reporter, machine, waiting)
            return receipt
        is_owed = receipt.error is None or isinstance(receipt.error, TransientReporterError)
        if not is_owed or self._routes[receipt.reporter].spool == "never":
            return receipt
        try:
            self.outbox.put(
                receipt.reporter, machine, error=None if receipt.error is None else str(receipt.error)
            )
        except ReporterException as error:
            return _lost(receipt, error)
        return receipt.spooled()

    def send_along(self, labels: Sequence[str], until: float) -> Iterator[Receipt]:
        """Send a few of those owed to reporters whose backends have just shown that they are up."""
        if self._drain < 1:
            return
        for label in labels:
            try:
                yield from self._sender.send([label], until=until, limit=self._drain, due_only=True)
            except ReporterException as error:  # it is about other machines than the one that was reported
                _log.warning("what is owed to %s could not be sent along: %s", label, error)

    def send(self, labels: Sequence[str], until: float) -> Iterator[Receipt]:
        """Send all that is owed to these reporters and may work now."""
        return self._sender.send(labels, until=until)

    def close(self) -> None:
        """Close the file."""
        self.outbox.close()

    def _overtake(self, label: str, machine: Machine, waiting: list[Entry]) -> None:
        try:
            self.outbox.overtake(label, machine, waiting)
        except ReporterException as error:  # the backend has it: that is what the receipt tells
            _log.warning(
                "%s is at %s, but an older one is still owed and may replace it: %s",
                machine.key,
                label,
                error,
            )


def _lost(receipt: Receipt, error: ReporterException) -> Receipt:
    reasons = [reason for reason in (receipt.error, error) if reason is not None]
    told = "; ".join(map(str, reasons))
    lost = ExceptionGroup(
        f"{receipt.machine} could be neither delivered to {receipt.reporter} nor kept: {told}", reasons
    )
    return dataclasses.replace(receipt, status=Status.FAILED, error=lost)
