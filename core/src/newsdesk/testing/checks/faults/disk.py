"""Checks: a disk that is full or forbidden, or whatever else an author breaks."""

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import (
    MachineDoesNotExist,
    PermanentReporterError,
    ReporterException,
    TransientReporterError,
)
from newsdesk.machine import Machine
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, deliver, error_of, patiently
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.reading import calls_of_reading, expect_honest_reading
from newsdesk.testing.inspection.io_events import DiskFault, failing_disk
from newsdesk.testing.machines import small
from newsdesk.testing.processes.interrupting import kill_at_every_step

_ERRORS: tuple[tuple[int, type[Exception]], ...] = (
    (errno.ENOSPC, TransientReporterError),
    (errno.EDQUOT, TransientReporterError),
    (errno.EIO, TransientReporterError),
    (errno.EACCES, PermanentReporterError),
    (errno.EROFS, PermanentReporterError),
)
"""Errors of a disk, and what each must become: somebody makes room, but nobody gives rights meanwhile."""

_MOST_STEPS = 20


class DiskChecks(CheckFixtures):
    """Backends that a reporter reaches without a network."""

    @check("no_network", "keeps", required=True)
    def test_an_error_of_the_disk_is_an_error_of_the_delivery(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a full or forbidden disk counts as a delivery, or as the wrong kind of error.

        The error is raised at each step of writing, as far as Python opens the files itself. The old record
        must still be there, or the new one.
        """
        for code, kind in _ERRORS:
            for step in range(1, _MOST_STEPS):
                new = small("new", project_name=f"disk-{code}-{step}")
                changed = small("new", project_name=new.project_name, metadata={"changed": True})
                with new_reporter() as reporter:
                    hits = _break(reporter, held, DiskFault(code, step), kind, new)
                    hits += _break(reporter, held, DiskFault(code, step), kind, changed, new)
                if not hits:
                    break

    @pytest.mark.usefixtures("children")
    @check("no_network", "keeps", "processes")
    def test_a_delivery_killed_at_any_step_is_whole_or_not_there(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a killed build leaves a damaged record, loses the old one, or stops the next report.

        Write another file and replace the old one by it: see `newsdesk.atomic`.
        """

        def job(step: int) -> tuple[BaseReporter, Machine]:
            deliver(new_reporter(), small(f"killed-{step}"))
            return new_reporter(), small(f"killed-{step}", metadata={"changed": True})

        for step, machine in kill_at_every_step(job):
            found = held.of(machine)
            whole = [small(machine.name).to_json(), machine.to_json()]
            expect(
                found and all(record in whole for record in found), f"a kill at step {step} loses a record"
            )
            if self.capabilities.fetch:
                there = [Machine.from_json(record) for record in sorted(found, key=whole.index)]
                with new_reporter() as reporter:
                    expect_honest_reading(reporter, machine, there, after=f"a kill at step {step}")
            deliver(new_reporter(), machine)
            expect(
                machine.to_json() in held.of(machine), f"after a kill at step {step} a report does not arrive"
            )

    @check("no_network", "broken", "keeps", required=True)
    def test_a_broken_backend_is_an_error(
        self,
        new_reporter: NewReporter,
        held: BackendRecords,
        broken: Callable[[], AbstractContextManager[object]],
    ) -> None:
        """If this fails, a report, or a ping, to a backend that takes no records succeeds.

        Raise a `ReporterException`; and deliver again when the backend works again.
        """
        machine = small("broken")
        with new_reporter() as reporter:
            patiently(reporter.report, small("before"))
            with broken():
                for each in (reporter, new_reporter()):
                    calls: list[Callable[[], object]] = [partial(each.report, machine)]
                    calls += [each.ping] if self.capabilities.ping else []
                    if self.capabilities.fetch:
                        calls += calls_of_reading(each, small("before")).values()
                    for call in calls:
                        error = error_of(call)
                        said = f"a broken backend must be a ReporterException, but raised: {error!r}"
                        expect(isinstance(error, ReporterException), said)
                        said = f"a broken backend is not an empty one, but raised: {error!r}"
                        expect(not isinstance(error, MachineDoesNotExist), said)
            patiently(reporter.report, machine)
        held.expect(machine, after="a broken backend and another report")


def _break(
    reporter: BaseReporter,
    held: BackendRecords,
    fault: DiskFault,
    kind: type[Exception],
    machine: Machine,
    *before: Machine,
) -> int:
    """Let a report fail, look at what the backend holds then, and report again; give how often it failed."""
    with failing_disk(fault):
        error = error_of(reporter.report, machine)
    found = held.of(machine)
    if error is None:
        expect(
            machine.to_json() in found,
            f"{fault} was swallowed: a record that is not there counts as delivered",
        )
    said = f"{fault} must be a {kind.__name__}, but raised: {error!r}"
    expect(error is None or isinstance(error, kind), said)
    whole = [each.to_json() for each in (*before, machine)]
    expect(all(record in whole for record in found), f"{fault} left a damaged record")
    expect(found or not before, f"{fault} lost the record that was there")
    patiently(reporter.report, machine)
    expect(machine.to_json() in held.of(machine), f"after {fault} and another report the record is not there")
    return fault.hits
