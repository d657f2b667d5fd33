"""Many processes that deliver at once."""

from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.retry import Retry
from newsdesk.machine import Machine
from newsdesk.testing.children import PATIENCE, Child, fork_server


def deliver_at_once(
    reporter: BaseReporter,
    shares: Sequence[Sequence[Machine]],
    *,
    retry: Retry | None = None,
    deadline: float = PATIENCE,
) -> list[dict[str, Any]]:
    """Let one process for each share deliver it with a desk of its own; all of them begin at the same moment.

    Args:
        reporter: Who delivers; it opens in each process.
        shares: The machines of each process.
        retry: How often each desk tries again.
        deadline: Seconds for one machine.

    Returns:
        The receipts of all, as plain values.

    Raises:
        ChildFailed: a process failed, other than by a delivery that did.
    """
    start = fork_server().Barrier(len(shares))
    children = [Child(deliver_share, reporter, share, start, retry, deadline) for share in shares]
    try:
        return [receipt for child in children for receipt in child.result(PATIENCE * 2)]
    finally:
        for child in children:
            child.close()


def deliver_share(
    reporter: BaseReporter, machines: Sequence[Machine], start: Barrier, retry: Retry | None, deadline: float
) -> list[dict[str, Any]]:
    """Wait for all the others, deliver, and give the receipts."""
    with Desk(reporter, retry=retry, deadline=deadline) as desk:
        start.wait(PATIENCE)
        return [receipt.to_dict() for receipt in desk.report_many(machines)]
