"""Checks: what breaks while a reporter is open, and what it does when that is over."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.testing.capabilities import Network
from newsdesk.testing.faults.fault import Answer, Cut, Fault, Moment, Refuse, Reset
from newsdesk.testing.harness.answering import error_at_any_request, requests_of_a_report
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import (
    NewReporter,
    error_of,
    expect_transient_or_held,
    patiently,
)
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import small
from newsdesk.testing.proxy.proxy import FaultProxy

_OUTAGES: tuple[tuple[Fault, int | None], ...] = (
    (Refuse(), None),
    (Reset(), None),
    (Cut(1, Moment.BEFORE), 1),
    (Cut(1, Moment.WITHIN), 1),
    (Cut(1, Moment.AFTER), 1),
    (Cut(1, Moment.ANSWER), 1),
)
"""Faults, and how often each happens; None is until it is cleared."""


class OutageChecks(CheckFixtures):
    """Faults on a reporter that is open and has delivered before."""

    @check("network", "keeps", required=True)
    def test_an_open_reporter_outlives_an_outage(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, a report on a dead connection counts as delivered, or none is ever opened again.

        Raise `TransientReporterError`, and connect again at the next report.
        """
        with new_reporter() as reporter:
            reporter.report(small("before"))
            for number, (fault, times) in enumerate(_OUTAGES):
                machine = small(f"during-{number}")
                fault_proxy.fail(fault, times)
                error = error_of(reporter.report, machine)
                expect_transient_or_held(error, machine, held, during=f"{fault} on an open reporter")
                fault_proxy.clear()
                error = error_of(patiently, reporter.report, machine)
                expect(error is None, f"when {fault} was over, the open reporter still raises: {error!r}")
                held.expect(machine, after=f"{fault} and another report")

    @check("network", "keeps")
    def test_a_busy_backend_at_any_request_is_a_transient_error(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, an answer such as 503 to one of several requests is swallowed, or never retried.

        Read the answer of each request; the next report completes what the first has left.
        """
        with new_reporter() as reporter:
            requests = requests_of_a_report(reporter, fault_proxy)
            for request, answer in zip(range(1, requests + 1), cycle(self._busy), strict=False):
                machine = small(f"busy-{request}")
                fault_proxy.fail(replace(answer, request=request), 1)
                error = error_of(reporter.report, machine)
                during = f"the answer {answer.label!r} to request {request}"
                expect_transient_or_held(error, machine, held, during=during)
                fault_proxy.clear()
                patiently(reporter.report, machine)
                held.expect(machine, after=f"{during} and another report")

    @check("network", "ping")
    def test_ping_fails_in_an_outage(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, `ping` succeeds in an outage or when it is refused, or it never recovers.

        Or it raises an error of its library: raise a `ReporterException`.
        """
        for reporter in _closed_and_open(new_reporter):
            fault_proxy.fail(Refuse())
            error = error_of(reporter.ping)
            said = f"when connections are refused, ping must raise a ReporterException, but raised: {error!r}"
            expect(isinstance(error, ReporterException), said)
            fault_proxy.clear()
            patiently(reporter.ping)
        network = self.capabilities.network or Network()
        for answer in (*network.transient[-1:], *network.permanent[-2:]):  # for HTTP, 504, 401 and 403
            fault_proxy.fail(answer)
            error = error_of(new_reporter().ping)
            said = (
                f"at the answer {answer.label!r} ping must raise a ReporterException, but raised: {error!r}"
            )
            expect(isinstance(error, ReporterException), said)
            fault_proxy.clear()

    @check("network", "holds")
    def test_holds_fails_in_an_outage(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, a backfill in an outage takes every machine for missing, or for delivered."""
        known = [small("opened").key]
        with new_reporter() as opened:
            patiently(opened.report, small("opened"))
            for reporter in (new_reporter(), opened):
                fault_proxy.fail(Refuse())
                _expect_transient(error_of(reporter.holds, known), "a refused connection")
                fault_proxy.clear()
                found = patiently(reporter.holds, known)
                expect(found == {*known}, f"after an outage holds() must give {known}, but gives {found}")
            fault_proxy.recount()
            opened.holds(known)
            requests = fault_proxy.recount().requests
            for answer in self._busy:
                patiently(opened.holds, known)  # connects again, where an answer ended that
                error = error_at_any_request(fault_proxy, answer, requests, lambda _: opened.holds(known))
                _expect_transient(error, f"the answer {answer.label!r}")

    @property
    def _busy(self) -> tuple[Answer, ...]:
        return (self.capabilities.network or Network()).open_transient


def _expect_transient(error: Exception | None, fault: str) -> None:
    said = f"at {fault} holds must raise a TransientReporterError, but raised: {error!r}"
    expect(isinstance(error, TransientReporterError), said)


def _closed_and_open(new_reporter: NewReporter) -> Iterator[BaseReporter]:
    yield new_reporter()
    reporter = new_reporter()
    patiently(reporter.report, small("opened"))
    yield reporter
