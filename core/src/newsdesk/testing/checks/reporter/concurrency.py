"""Checks: concurrent deliveries do not harm each other."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from newsdesk.contract.receipt import Receipt
from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, expect_delivered, receipts_of
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.reading import expect_listed
from newsdesk.testing.machines import small
from newsdesk.testing.processes.simultaneous import deliver_at_once

_THREADS = 4
_EACH = 3


class ConcurrencyChecks(CheckFixtures):
    """Several threads, and several processes."""

    @check("thread_safe", "keeps")
    def test_several_threads_may_use_one_open_reporter(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, deliveries share state: keep what belongs to one in local variables.

        Each thread delivers by a desk, which retries transient errors.
        """
        machines = [small(f"thread-{number}") for number in range(_THREADS * _EACH)]
        with new_reporter() as reporter:
            receipts = _at_once(reporter, machines)
        expect_delivered(receipts, when=f"when {_THREADS} threads use one reporter,")
        held.expect(*machines, after=f"reports of {_THREADS} threads")

    @pytest.mark.usefixtures("children")
    @check("processes", "keeps")
    def test_two_processes_may_deliver_at_once(self, new_reporter: NewReporter, held: BackendRecords) -> None:
        """If this fails, two builds at the same moment lose or double a record: make the write atomic."""
        both, own = small("of-both"), [small(f"of-one-{number}") for number in range(2 * _EACH)]
        shares = [[both, *own[:_EACH]], [both, *own[_EACH:]]]
        receipts = deliver_at_once(new_reporter(), shares)
        failed = [
            receipt["error"] for receipt in receipts if receipt["status"] not in ("delivered", "unchanged")
        ]
        expect(not failed, f"of two processes at once some failed: {failed}")
        held.expect(both, *own, after="reports of two processes")
        if self.capabilities.fetch:
            with new_reporter() as reporter:
                expect_listed(reporter, both, *own, after="reports of two processes")


def _at_once(reporter: BaseReporter, machines: list[Machine]) -> list[Receipt]:
    """Deliver machines in several threads, each by a desk; that leaves an open reporter open."""
    with ThreadPoolExecutor(_THREADS) as pool:
        shares = [machines[number::_THREADS] for number in range(_THREADS)]
        delivered = pool.map(lambda share: receipts_of(reporter, share), shares)
        return [receipt for receipts in delivered for receipt in receipts]
