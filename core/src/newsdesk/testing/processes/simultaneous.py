"""Several processes that deliver at the same time."""

from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.retry import Retry
from newsdesk.machine import Machine
from newsdesk.testing.processes.child import TIMEOUT, Child, fork_server


def deliver_at_once(
    reporter: BaseReporter,
    shares: Sequence[Sequence[Machine]],
    *,
    retry: Retry | None = None,
    deadline: float = TIMEOUT,
) -> list[dict[str, Any]]:
    """Deliver each share in a separate process with its own desk; all begin at the same moment.

    Args:
        reporter: It opens in each process.
        shares: The machines of each process.
        retry: How often each desk tries again.
        deadline: Seconds for one machine.

    Returns:
        The receipts of all, as dictionaries.

    Raises:
        ChildFailed: a process failed; a delivery that failed is a receipt.
    """
    start = fork_server().Barrier(len(shares))
    children = [Child(deliver_share, reporter, share, start, retry, deadline) for share in shares]
    try:
        return [receipt for child in children for receipt in child.result(TIMEOUT * 2)]
    finally:
        for child in children:
            child.close()


def deliver_share(
    reporter: BaseReporter, machines: Sequence[Machine], start: Barrier, retry: Retry | None, deadline: float
) -> list[dict[str, Any]]:
    """Wait for the other processes, deliver, and give the receipts."""
    with Desk(reporter, retry=retry, deadline=deadline) as desk:
        start.wait(TIMEOUT)
        return [receipt.to_dict() for receipt in desk.report_many(machines)]
