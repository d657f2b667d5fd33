"""Checks: whatever breaks on the way, the record is there in the end."""

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
from newsdesk.testing.harness.delivering import NewReporter, deliver, error_of
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.records import small
from newsdesk.testing.processes.killing import Job, kill_at_every_boundary
from newsdesk.testing.proxy.proxy import FaultProxy

_DEADLINE = 2.0
"""Seconds that a desk waits for a backend that never answers."""


class FaultChecks(CheckFixtures):
    """A network between reporter and backend, and all that it does."""

    @pytest.mark.usefixtures("children")
    @check("network", "keeps", "processes")
    def test_what_was_killed_at_any_request_is_completed_by_the_next_report(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, a build that was killed leaves half a record that is taken for a whole one.

        Write all of it at once, or mark it as complete last of all, and resume what is not.
        """
        jobs = (Job(new_reporter(), small(f"killed-{number}")) for number in count())
        for step in kill_at_every_boundary(fault_proxy, jobs):
            deliver(new_reporter(), step.job.machine)
            held.expect(step.job.machine, after=f"a kill ({step[0]}) and another report")

    @check("network", "keeps")
    def test_a_connection_that_is_cut_is_worth_another_try(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, a cut connection loses the record, doubles it, or counts as a refusal of it.

        Raise `TransientReporterError`, and let the next report find what the first has left.
        """
        for number, moment in enumerate((Moment.BEFORE, Moment.AFTER, Moment.ANSWER)):
            machine = small(f"cut-{number}")
            with closing(new_reporter()) as reporter:
                fault_proxy.fail(Cut(1, moment), times=1)
                error = error_of(reporter.report, machine)
                # None: a client may well make up for it by itself.
                said = f"a cut ({moment}) must be told by a TransientReporterError, but raised: {error!r}"
                expect(error is None or isinstance(error, TransientReporterError), said)
                fault_proxy.clear()
                reporter.report(machine)
            held.expect(machine, after=f"a cut ({moment}) and another report")

    @check("network", "keeps")
    def test_a_backend_that_is_down_is_worth_another_try(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, an outage counts as a refusal of the record: raise `TransientReporterError`."""
        machine = small("down")
        with closing(new_reporter()) as reporter:
            fault_proxy.fail(Refuse())
            error = error_of(reporter.report, machine)
            said = f"where nobody listens, report must raise a TransientReporterError, but raised: {error!r}"
            expect(isinstance(error, TransientReporterError), said)
            fault_proxy.clear()
            reporter.report(machine)
        held.expect(machine, after="an outage and another report")

    @check("network", "keeps")
    def test_a_backend_that_never_answers_is_given_up(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, silence counts as a delivery, or what hung spoils the next one."""
        machine = small("silent")
        fault_proxy.fail(BlackHole())
        # A copy: what hangs cannot be closed when the test is over.
        route = Route("reporter", copy.copy(new_reporter()), required=False)
        with Desk([route], retry=Retry(attempts=1), deadline=_DEADLINE) as desk:
            (receipt,) = desk.report(machine)
        said = f"a backend that never answers must be told as a failure that may pass, but: {receipt}"
        expect(not receipt.ok and isinstance(receipt.error, TransientReporterError), said)
        fault_proxy.clear()
        deliver(new_reporter(), machine)
        held.expect(machine, after="a silence and another report")
