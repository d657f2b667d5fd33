"""Deliveries, and the errors they raise."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing

from newsdesk.contract.receipt import Receipt
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.retry import Retry
from newsdesk.exceptions import TransientReporterError
from newsdesk.machine import Machine
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import expect

NewReporter = Callable[[], BaseReporter]
"""Builds a reporter, always for the same place."""

_ATTEMPTS = 6
_PAUSE = 0.05
_RETRY = Retry(attempts=_ATTEMPTS, initial=_PAUSE, maximum=_PAUSE)


def deliver(reporter: BaseReporter, *machines: Machine) -> None:
    """Deliver machines, and close the reporter."""
    with closing(reporter):
        for machine in machines:
            reporter.report(machine)


def expect_arrival(new_reporter: NewReporter, held: BackendRecords, *machines: Machine) -> None:
    """Deliver machines once, and fail unless the backend holds them."""
    deliver(new_reporter(), *machines)
    held.expect(*machines, after="one report")


def receipts_of(
    reporter: BaseReporter, machines: Sequence[Machine], *, at_once: bool = False
) -> list[Receipt]:
    """Deliver machines as a desk does, with its retries, one by one or all at once; give the receipts."""
    batches = [machines] if at_once else [[machine] for machine in machines]
    with Desk(reporter, retry=_RETRY) as desk:
        return [receipt for batch in batches for receipt in desk.report_many(batch, chunk_size=len(machines))]


def patiently(call: Callable[..., object], *arguments: object) -> object:
    """Call again after a transient error, as a desk does, and give what is returned."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return call(*arguments)
        except TransientReporterError:
            time.sleep(_PAUSE)
    return call(*arguments)


def expect_transient_or_held(
    error: Exception | None, machine: Machine, held: BackendRecords, *, during: str
) -> None:
    """Fail unless a report raised a transient error, or the backend holds the record: the client retried."""
    if error is None:
        held.expect(machine, after=f"{during}, which raised nothing,")
    said = f"{during} must raise a TransientReporterError, but raised: {error!r}"
    expect(error is None or isinstance(error, TransientReporterError), said)


def expect_delivered(receipts: Sequence[Receipt], *, when: str) -> None:
    """Fail unless every receipt is one of a delivery."""
    failed = [str(receipt.error) for receipt in receipts if not receipt.ok]
    expect(not failed, f"{when} {len(failed)} of {len(receipts)} deliveries fail: {'; '.join(failed[:3])}")


def error_of(call: Callable[..., object], *arguments: object) -> Exception | None:
    """Give the exception that a call raises, or None."""
    try:
        call(*arguments)
    except Exception as error:  # noqa: BLE001  (whatever it is, the check judges it)
        return error
    return None
