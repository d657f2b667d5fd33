"""Checks: which error each answer of a server becomes."""

from newsdesk.exceptions import PermanentReporterError, ReporterException, TransientReporterError
from newsdesk.testing.capabilities import RETRY_AFTER, Network
from newsdesk.testing.faults.fault import Answer, Refuse
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, error_of
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
            error = _error_after(answer, new_reporter, fault_proxy)
            said = f"the answer {answer.label!r} must be a TransientReporterError, but {_outcome(error)}"
            expect(isinstance(error, TransientReporterError), said)

    @check("network", required=True)
    def test_permanent_answers_are_permanent_errors(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, what cannot succeed is retried until the deadline, or counts as delivered."""
        for answer in self._network.permanent:
            error = _error_after(answer, new_reporter, fault_proxy)
            said = f"the answer {answer.label!r} must be a PermanentReporterError, but {_outcome(error)}"
            expect(isinstance(error, PermanentReporterError), said)

    @check("throttled")
    def test_retry_after_is_kept(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, `Retry-After` is lost: raise `TransientReporterError(…, retry_after=seconds)`."""
        answer = self._network.throttled
        error = _error_after(answer, new_reporter, fault_proxy) if answer is not None else None
        seconds = getattr(error, "retry_after", None)
        expect(
            seconds == RETRY_AFTER,
            f"the server asked to wait {RETRY_AFTER} s, but the error has retry_after={seconds}: {error!r}",
        )

    @check("network", "ping")
    def test_ping_fails_in_an_outage(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, `ping` succeeds in an outage, or raises an error of its library."""
        fault_proxy.fail(Refuse())
        error = error_of(new_reporter().ping)
        said = f"when connections are refused, ping must raise a ReporterException, but raised: {error!r}"
        expect(isinstance(error, ReporterException), said)

    @property
    def _network(self) -> Network:
        return self.capabilities.network or Network()


def _outcome(error: Exception | None) -> str:
    return "the machine counts as delivered" if error is None else f"is: {error!r}"


def _error_after(answer: Answer, new_reporter: NewReporter, fault_proxy: FaultProxy) -> Exception | None:
    fault_proxy.fail(answer)
    try:
        return error_of(new_reporter().report, small("answered"))
    finally:
        fault_proxy.clear()
