"""Checks: a plan sends nothing and changes nothing."""

import pytest

from newsdesk.contract.delivery import Plan
from newsdesk.machine import Machine
from newsdesk.testing.harness.answering import requests_of_a_report
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, patiently
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.inspection.io_events import io_events
from newsdesk.testing.machines import canned, small
from newsdesk.testing.proxy.proxy import FaultProxy


class PlanChecks(CheckFixtures):
    """What `newsdesk plan` shows."""

    @check(required=True)
    def test_a_plan_sends_and_changes_nothing(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy | None, request: pytest.FixtureRequest
    ) -> None:
        """If this fails, `newsdesk plan` writes, or asks the backend: compute it from the machine alone.

        `prepare` must not ask the backend either.
        """
        (machine,) = canned("ordinary")
        with new_reporter() as opened:
            patiently(opened.report, small("opened"))
            for reporter in (new_reporter(), opened):
                if fault_proxy is not None:
                    fault_proxy.recount()
                if reporter is not opened:
                    reporter.prepare()
                reporter.plan(small("imported"))  # what it imports is compiled to files
                with io_events(reading=False) as events:
                    plan = reporter.plan(machine)
                expect(isinstance(plan, Plan), f"plan must return a newsdesk.Plan, but returned: {plan!r}")
                expect(not events, f"plan writes or connects: {', '.join(events[:5])}")
                if fault_proxy is not None:
                    sent = fault_proxy.recount()
                    expect(not sent.connections and not sent.requests, f"plan sends requests: {sent.labels}")
                self._expect_nothing_written(request, machine)

    @check("network", required=True)
    def test_a_plan_counts_the_requests(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, `Plan.requests` is not what is sent, or what is sent does not pass the proxy.

        It counts what an open reporter sends of a new machine; one more or less may be a test of the
        connection, or what only the first machine needs. `build` must use the host and port it gets.
        """
        with new_reporter() as reporter:
            planned = reporter.plan(small("counted")).requests
            sent = requests_of_a_report(reporter, fault_proxy)
        expect(
            sent, "the reporter delivers, but not through the proxy: build it for the host and port it gets"
        )
        expect(abs(planned - sent) <= 1, f"plan says {planned} requests, but {sent} are sent")

    def _expect_nothing_written(self, request: pytest.FixtureRequest, machine: Machine) -> None:
        if self.capabilities.keeps:
            found = BackendRecords(request.getfixturevalue("read")).of(machine)
            expect(not found, "plan delivers the machine")
