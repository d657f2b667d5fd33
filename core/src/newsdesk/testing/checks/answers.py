"""Checks: an answer that is no, and whether another try is worth it."""

from newsdesk.exceptions import PermanentReporterError, ReporterException, TransientReporterError
from newsdesk.testing.capabilities import RETRY_AFTER, Network
from newsdesk.testing.faults.fault import Answer, Refuse
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, error_of
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.records import small
from newsdesk.testing.proxy.proxy import FaultProxy


class AnswerChecks(CheckFixtures):
    """What a server says, and what the reporter makes of it."""

    @check("network")
    def test_what_will_pass_is_worth_another_try(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, an answer such as 503 ends the delivery for good: raise `TransientReporterError`."""
        for answer in self._network.transient:
            error = _error_after(answer, new_reporter, fault_proxy)
            said = f"the answer {answer.label!r} must be a TransientReporterError, but {_told(error)}"
            expect(isinstance(error, TransientReporterError), said)

    @check("network")
    def test_what_will_not_pass_is_no_reason_to_try_again(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, what never will work is tried until the deadline, or counts as delivered."""
        for answer in self._network.permanent:
            error = _error_after(answer, new_reporter, fault_proxy)
            said = f"the answer {answer.label!r} must be a PermanentReporterError, but {_told(error)}"
            expect(isinstance(error, PermanentReporterError), said)

    @check("throttled")
    def test_a_backend_that_asks_to_wait_is_heard(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, `Retry-After` is lost: raise `TransientReporterError(…, retry_after=seconds)`."""
        answer = self._network.throttled
        error = _error_after(answer, new_reporter, fault_proxy) if answer is not None else None
        seconds = getattr(error, "retry_after", None)
        expect(
            seconds == RETRY_AFTER,
            f"it was asked to wait {RETRY_AFTER} s, and the error says {seconds}: {error!r}",
        )

    @check("network", "ping")
    def test_its_ping_tells_an_outage(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, a ping says that all is well where nobody listens, or ends with a traceback."""
        fault_proxy.fail(Refuse())
        error = error_of(new_reporter().ping)
        said = f"where nobody listens, ping must raise a ReporterException, but raised: {error!r}"
        expect(isinstance(error, ReporterException), said)

    @property
    def _network(self) -> Network:
        return self.capabilities.network or Network()


def _told(error: Exception | None) -> str:
    return "the machine counts as delivered" if error is None else f"is: {error!r}"


def _error_after(answer: Answer, new_reporter: NewReporter, fault_proxy: FaultProxy) -> Exception | None:
    fault_proxy.fail(answer)
    try:
        return error_of(new_reporter().report, small("answered"))
    finally:
        fault_proxy.clear()
