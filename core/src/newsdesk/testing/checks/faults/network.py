"""Checks: whatever breaks on the way, the record arrives in the end."""

import copy
from contextlib import closing
from itertools import count

import pytest

from newsdesk.delivery.desk import Desk
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route
from newsdesk.exceptions import TransientReporterError
from newsdesk.machine import Machine
from newsdesk.testing.capabilities import Network
from newsdesk.testing.faults.fault import BlackHole, Cut, Moment, Refuse
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver, error_of, expect_transient_or_held
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.reading import expect_honest_reading
from newsdesk.testing.inspection.running import seconds_until_unused
from newsdesk.testing.machines import small
from newsdesk.testing.processes.killing import Job, kill_at_every_boundary
from newsdesk.testing.proxy.proxy import FaultProxy

_DEADLINE = 2.0
"""Seconds that a desk waits for a backend that never answers."""
_PATIENCE = 15.0
"""Seconds that a report may go on afterwards, with a timeout that does not know of the deadline."""
_MOST_REQUESTS = 3
_ONCE = Retry(attempts=1)


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
            self._expect_honesty(new_reporter, held, step.job.machine)
            deliver(new_reporter(), step.job.machine)
            held.expect(step.job.machine, after=f"a kill ({step[0]}) and another report")

    def _expect_honesty(self, new_reporter: NewReporter, held: BackendRecords, machine: Machine) -> None:
        """Fail if the reporter finds a machine of which only a part was written."""
        with new_reporter() as reporter:
            if self.capabilities.holds and reporter.holds([machine.key]):
                held.expect(machine, after="a kill, when holds() finds it,")
            if self.capabilities.fetch:
                listed = [stored for stored in reporter.machines() if stored.key == machine.key]
                if listed:
                    held.expect(machine, after="a kill, when machines() lists it,")
                expect_honest_reading(reporter, machine, [machine] if listed else [], after="a kill")

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
        """If this fails, a timeout counts as delivered, is never retried, or spoils the next delivery.

        Or a report goes on for long after the deadline of the desk: `newsdesk.remaining_seconds` gives the
        timeout of a request. The client's own retries must end by then too.
        """
        machine = small("silent")
        fault_proxy.fail(BlackHole())
        # A copy: the fixture could not close a reporter that hangs.
        reporter = copy.copy(new_reporter())
        with Desk([Route("reporter", reporter, required=False)], retry=_ONCE, deadline=_DEADLINE) as desk:
            (receipt,) = desk.report(machine)
            said = f"a backend that never answers must be a transient failure, but: {receipt}"
            expect(not receipt.ok and isinstance(receipt.error, TransientReporterError), said)
            left = seconds_until_unused(reporter, at_most=_PATIENCE)
        said = (
            f"the report goes on {_PATIENCE:g} s after its deadline of {_DEADLINE:g} s: shorten its timeouts"
        )
        expect(left < _PATIENCE, said)
        fault_proxy.clear()
        deliver(new_reporter(), machine)
        held.expect(machine, after="a timeout and another report")

    @check("network")
    def test_its_client_does_not_retry(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, the client library retries too: each attempt of a desk becomes several.

        Turn its retries off. One more is right, on a connection that was closed while it was idle.
        """
        for answer in (self.capabilities.network or Network()).transient:
            fault_proxy.recount()
            fault_proxy.fail(answer)
            error_of(new_reporter().report, small("retried"))
            fault_proxy.clear()
            sent = fault_proxy.recount().labels
            expect(len(sent) <= _MOST_REQUESTS, f"after the answer {answer.label!r} it sends {sent}")
