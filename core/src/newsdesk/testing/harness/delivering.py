"""Deliveries, and the errors they raise."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from newsdesk.contract.receipt import Receipt
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.retry import Retry
from newsdesk.machine import Machine
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import expect

NewReporter = Callable[[], BaseReporter]
"""Builds a reporter, always for the same place."""

_RETRY = Retry(attempts=6, initial=0.02, maximum=0.2)


def deliver(reporter: BaseReporter, *machines: Machine) -> None:
    """Deliver machines, and close the reporter."""
    with closing(reporter):
        for machine in machines:
            reporter.report(machine)


def expect_arrival(new_reporter: NewReporter, held: BackendRecords, *machines: Machine) -> None:
    """Deliver machines once, and fail unless the backend holds them."""
    deliver(new_reporter(), *machines)
    held.expect(*machines, after="one report")


def receipts_of(reporter: BaseReporter, machines: Sequence[Machine], **options: Any) -> list[Receipt]:
    """Deliver machines one by one as a desk does, with its retries, and give the receipts."""
    with Desk(reporter, **{"retry": _RETRY, **options}) as desk:
        return [receipt for machine in machines for receipt in desk.report_many([machine])]


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
