"""Checks: concurrent deliveries do not harm each other."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.records import small
from newsdesk.testing.processes.simultaneous import deliver_at_once

_THREADS = 4
_EACH = 3


class ConcurrencyChecks(CheckFixtures):
    """Several threads, and several processes."""

    @check("thread_safe", "keeps")
    def test_several_threads_may_use_one_open_reporter(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, deliveries share state: keep what belongs to one in local variables."""
        machines = [small(f"thread-{number}") for number in range(_THREADS * _EACH)]
        with closing(new_reporter()) as reporter, ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(reporter.report, machines))
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
