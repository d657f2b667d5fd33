"""Checks: which error each answer of a server becomes."""

from functools import partial

from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import PermanentReporterError, TransientReporterError
from newsdesk.testing.capabilities import RETRY_AFTER, Network
from newsdesk.testing.faults.fault import Answer
from newsdesk.testing.harness.answering import error_at_any_request, requests_of_a_report
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, error_of, patiently
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import small
from newsdesk.testing.proxy.proxy import FaultProxy


class AnswerChecks(CheckFixtures):
    """A server that refuses, and the error that the reporter raises."""

    @check("network", required=True)
    def test_transient_answers_are_transient_errors(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, an answer such as 503 is never retried: raise `TransientReporterError`."""
        for answer in self._network.transient:
            error = _error_after(answer, new_reporter(), fault_proxy)
            _expect_error(error, TransientReporterError, answer)

    @check("network", required=True)
    def test_permanent_answers_are_permanent_errors(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, what cannot succeed is retried until the deadline, or counts as delivered."""
        for answer in self._network.permanent:
            error = _error_after(answer, new_reporter(), fault_proxy)
            _expect_error(error, PermanentReporterError, answer)

    @check("network", "keeps", required=True)
    def test_answers_to_an_open_reporter_are_errors_too(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, an answer is taken for another kind of error once the reporter is open.

        After those that may pass, the same reporter must deliver again.
        """
        with new_reporter() as reporter:
            requests = requests_of_a_report(reporter, fault_proxy)
            for answer in self._network.open_transient:
                patiently(reporter.report, small("before"))  # connects again, where an answer ended that
                call = partial(_report, reporter, answer.label)
                error = error_at_any_request(fault_proxy, answer, requests, call)
                _expect_error(error, TransientReporterError, answer)
            patiently(reporter.report, small("answered"))
            for answer in self._network.open_permanent:
                call = partial(_report, reporter, answer.label)
                error = error_at_any_request(fault_proxy, answer, requests, call)
                _expect_error(error, PermanentReporterError, answer)
        held.expect(small("answered"), after="answers that refused it, and another report")

    @check("throttled")
    def test_retry_after_is_kept(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, `Retry-After` is lost: raise `TransientReporterError(…, retry_after=seconds)`."""
        answer = self._network.throttled
        error = _error_after(answer, new_reporter(), fault_proxy) if answer is not None else None
        seconds = getattr(error, "retry_after", None)
        expect(
            seconds == RETRY_AFTER,
            f"the server asked to wait {RETRY_AFTER} s, but the error has retry_after={seconds}: {error!r}",
        )

    @property
    def _network(self) -> Network:
        return self.capabilities.network or Network()


def _report(reporter: BaseReporter, label: str, request: int) -> None:
    reporter.report(small(f"{label} to request {request}"))


def _expect_error(error: Exception | None, kind: type[Exception], answer: Answer) -> None:
    found = "the machine counts as delivered" if error is None else f"is: {error!r}"
    expect(isinstance(error, kind), f"the answer {answer.label!r} must be a {kind.__name__}, but {found}")


def _error_after(answer: Answer, reporter: BaseReporter, fault_proxy: FaultProxy) -> Exception | None:
    fault_proxy.fail(answer)
    try:
        return error_of(reporter.report, small("answered"))
    finally:
        fault_proxy.clear()
