"""Checks: a backend that does not answer, or refuses, is not one without the machine."""

import errno
from collections.abc import Callable
from dataclasses import replace

from newsdesk.exceptions import PermanentReporterError, TransientReporterError
from newsdesk.testing.capabilities import Network
from newsdesk.testing.faults.fault import Answer, Cut, Fault, Moment, Refuse
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, error_of, patiently
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.reading import calls_of_reading
from newsdesk.testing.inspection.io_events import DiskFault, failing_disk
from newsdesk.testing.machines import small
from newsdesk.testing.proxy.proxy import FaultProxy

_OUTAGES: tuple[tuple[Fault, int | None], ...] = (
    (Refuse(), None),
    (Cut(1, Moment.BEFORE), 1),
    (Cut(1, Moment.ANSWER), 1),
)
"""Faults, and how often each happens; None is until it is cleared."""
_DISK = ((errno.EIO, TransientReporterError), (errno.EACCES, PermanentReporterError))
"""Errors of a disk, and what each must become."""
_MOST_STEPS = 20


class ReadingFaultChecks(CheckFixtures):
    """`fetch` and `machines` while something is broken."""

    @check("network", "fetch")
    def test_reading_fails_in_an_outage(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, an outage is taken for an empty backend: raise `TransientReporterError`.

        And connect again at the next call.
        """
        machine = small("opened")
        with new_reporter() as opened:
            patiently(opened.report, machine)
            wanted = {name: call() for name, call in calls_of_reading(opened, machine).items()}
            for reporter in (new_reporter(), opened):
                for name, call in calls_of_reading(reporter, machine).items():
                    for fault, times in _OUTAGES:
                        fault_proxy.fail(fault, times)
                        error = _error_unless(wanted[name], call)
                        fault_proxy.clear()
                        done = isinstance(error, TransientReporterError) or (error is None and times)
                        expect(done, f"at {fault} {name} must raise a TransientReporterError: {error!r}")
                        found = patiently(call)
                        expect(found == wanted[name], f"after {fault} {name} gives {found!r:.300}")

    @check("network", "fetch")
    def test_answers_to_what_reads_are_errors(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy
    ) -> None:
        """If this fails, a refusal is taken for a machine that does not exist, or retried for ever.

        An answer that may pass is a `TransientReporterError`, another one a `PermanentReporterError`; only
        one that says that nothing is there may be `MachineDoesNotExist`, or an empty listing.
        """
        network = self.capabilities.network or Network()
        machine = small("opened")
        with new_reporter() as reporter:
            patiently(reporter.report, machine)
            calls = calls_of_reading(reporter, machine)
            expected = {name: _Expected(name, call, fault_proxy) for name, call in calls.items()}
            for answer in network.open_transient[:-1]:
                expected["fetch"].expect_error(answer, TransientReporterError)
            for each in expected.values():
                for answer in network.open_transient[-1:]:
                    each.expect_error(answer, TransientReporterError)
            for each in expected.values():
                for answer in network.open_permanent:
                    if answer not in network.absent:
                        each.expect_error(answer, PermanentReporterError)

    @check("no_network", "fetch")
    def test_a_disk_that_cannot_be_read_is_an_error(self, new_reporter: NewReporter) -> None:
        """If this fails, a file or folder that cannot be read is taken for one that is not there.

        The error is raised at each step of reading, as far as Python opens the files itself.
        """
        machine = small("disk", project_name="disk-7f3a")
        with new_reporter() as reporter:
            reporter.report(machine)
            for name, call in calls_of_reading(reporter, machine).items():
                wanted = call()  # and imports what it needs
                for code, kind in _DISK:
                    for step in range(1, _MOST_STEPS):
                        with failing_disk(DiskFault(code, step, reading=True)) as fault:
                            error = _error_unless(wanted, call)
                        if not fault.hits:
                            break
                        said = (
                            f"{fault} of reading: {name} must raise a {kind.__name__}, but raised: {error!r}"
                        )
                        expect(error is None or isinstance(error, kind), said)


class _Expected:
    """A call that reads, with what it gives and how many requests it makes while nothing is broken."""

    def __init__(self, name: str, call: Callable[[], object], fault_proxy: FaultProxy) -> None:
        fault_proxy.recount()
        self.name, self.call, self.fault_proxy = name, call, fault_proxy
        self.result = call()
        self.requests = fault_proxy.recount().requests

    def expect_error(self, answer: Answer, kind: type[Exception]) -> None:
        """Give the answer to each request in turn, and fail unless there are errors, all of a kind.

        The first request may only test a connection, which the reporter then opens again.
        """
        errors = []
        for request in range(1, self.requests + 1):
            self.fault_proxy.fail(replace(answer, request=request), 1)
            errors.append(_error_unless(self.result, self.call))
            self.fault_proxy.clear()
            if answer.close:
                patiently(self.call)  # connects again
        raised = [error for error in errors if error is not None]
        said = f"at {answer.label!r} {self.name} must raise a {kind.__name__}, but raised: {raised or None}"
        expect(raised and all(isinstance(error, kind) for error in raised), said)


def _error_unless(wanted: object, call: Callable[[], object]) -> Exception | None:
    """Give the exception of a call; None where it gives what is wanted."""

    def compared() -> None:
        found = call()
        expect(found == wanted, f"it gives {found!r:.300}")

    return error_of(compared)
