"""Checks: whatever breaks on the way, the record arrives in the end."""

import copy
from contextlib import closing
from itertools import count

import pytest

from newsdesk.delivery.desk import Desk
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route
from newsdesk.exceptions import TransientReporterError
from newsdesk.testing.faults.fault import BlackHole, Cut, Moment, Refuse
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver, error_of, expect_transient_or_held
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import small
from newsdesk.testing.processes.killing import Job, kill_at_every_boundary
from newsdesk.testing.proxy.proxy import FaultProxy

_DEADLINE = 2.0
"""Seconds that a desk waits for a backend that never answers."""


class FaultChecks(CheckFixtures):
    """Faults of the network between reporter and backend."""

    @pytest.mark.usefixtures("children")
    @check("network", "keeps", "processes")
    def test_a_delivery_killed_at_any_request_is_completed_by_the_next(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, a killed build leaves an incomplete record that counts as complete.

        Write it atomically, or mark it as complete at the very end, and resume what is not marked.
        """
        jobs = (Job(new_reporter(), small(f"killed-{number}")) for number in count())
        for step in kill_at_every_boundary(fault_proxy, jobs):
            deliver(new_reporter(), step.job.machine)
            held.expect(step.job.machine, after=f"a kill ({step[0]}) and another report")

    @check("network", "keeps", required=True)
    def test_a_cut_connection_is_a_transient_error(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, a cut connection loses or duplicates the record, or is never retried.

        Raise `TransientReporterError`, and let the next report find what the first has left.
        """
        for number, moment in enumerate((Moment.BEFORE, Moment.AFTER, Moment.ANSWER)):
            machine = small(f"cut-{number}")
            with closing(new_reporter()) as reporter:
                fault_proxy.fail(Cut(1, moment), times=1)
                error = error_of(reporter.report, machine)
                expect_transient_or_held(error, machine, held, during=f"a cut ({moment})")
                fault_proxy.clear()
                reporter.report(machine)
            held.expect(machine, after=f"a cut ({moment}) and another report")

    @check("network", "keeps", required=True)
    def test_a_refused_connection_is_a_transient_error(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, an outage is never retried: raise `TransientReporterError`."""
        machine = small("down")
        with closing(new_reporter()) as reporter:
            fault_proxy.fail(Refuse())
            error = error_of(reporter.report, machine)
            said = f"a refused connection must raise a TransientReporterError, but raised: {error!r}"
            expect(isinstance(error, TransientReporterError), said)
            fault_proxy.clear()
            reporter.report(machine)
        held.expect(machine, after="an outage and another report")

    @check("network", "keeps")
    def test_a_backend_that_never_answers_is_a_transient_error(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, a timeout counts as delivered, is never retried, or spoils the next delivery."""
        machine = small("silent")
        fault_proxy.fail(BlackHole())
        # A copy: the fixture could not close a reporter that hangs.
        route = Route("reporter", copy.copy(new_reporter()), required=False)
        with Desk([route], retry=Retry(attempts=1), deadline=_DEADLINE) as desk:
            (receipt,) = desk.report(machine)
        said = f"a backend that never answers must be a transient failure, but: {receipt}"
        expect(not receipt.ok and isinstance(receipt.error, TransientReporterError), said)
        fault_proxy.clear()
        deliver(new_reporter(), machine)
        held.expect(machine, after="a timeout and another report")
