"""Checks: what breaks while a reporter is open, and what it does when that is over."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import ReporterException, TransientReporterError
from newsdesk.testing.capabilities import Network
from newsdesk.testing.faults.fault import Answer, Cut, Fault, Moment, Refuse, Reset
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
            patiently(reporter.report, small("before"))
            fault_proxy.recount()
            patiently(reporter.report, small("counted"))
            requests = fault_proxy.recount().requests
            for request, answer in zip(range(1, requests + 1), cycle(self._busy_answers[1]), strict=False):
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
        """If this fails, `ping` succeeds in an outage, raises an error of its library, or never recovers."""
        for reporter in _closed_and_open(new_reporter):
            fault_proxy.fail(Refuse())
            error = error_of(reporter.ping)
            said = f"when connections are refused, ping must raise a ReporterException, but raised: {error!r}"
            expect(isinstance(error, ReporterException), said)
            fault_proxy.clear()
            patiently(reporter.ping)

    @check("network", "holds")
    def test_holds_fails_in_an_outage(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, a backfill in an outage takes every machine for missing, or for delivered."""
        known = [small("opened").key]
        for reporter, answers in zip(_closed_and_open(new_reporter), self._busy_answers, strict=True):
            faults: tuple[Fault, ...] = (Refuse(), *answers)
            for fault in faults:
                fault_proxy.fail(fault)
                error = error_of(reporter.holds, known)
                what = getattr(fault, "label", fault)
                said = (
                    f"in an outage ({what}) holds must raise a TransientReporterError, but raised: {error!r}"
                )
                expect(isinstance(error, TransientReporterError), said)
                fault_proxy.clear()
                patiently(reporter.holds, known)
        expect(
            patiently(reporter.holds, known) == {*known}, "after an outage holds() does not find what is held"
        )

    @property
    def _busy_answers(self) -> tuple[tuple[Answer, ...], tuple[Answer, ...]]:
        """The transient answers to a reporter that is closed, and to one that is open."""
        network = self.capabilities.network or Network()
        return network.transient, network.open_transient


def _closed_and_open(new_reporter: NewReporter) -> Iterator[BaseReporter]:
    yield new_reporter()
    reporter = new_reporter()
    patiently(reporter.report, small("opened"))
    yield reporter
