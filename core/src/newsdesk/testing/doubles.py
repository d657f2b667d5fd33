"""Test doubles: reporters that keep machines in memory, fail, or are slow."""

import threading
import time
from collections.abc import Iterator, Sequence

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine, sole_project
from newsdesk.exceptions import MachineDoesNotExist, PermanentReporterError, TransientReporterError
from newsdesk.machine import Machine, MachineKey


class MemoryReporter(BaseReporter):
    """Keeps the newest revision of each machine in memory.

    A copy, such as a desk makes for an executor, starts empty.
    """

    kept: dict[MachineKey, Machine]
    """The machines that it keeps, by key."""

    def __init__(self) -> None:
        self.kept = {}
        self._lock = threading.Lock()

    def report(self, machine: Machine) -> Delivery:
        """Keep a machine."""
        with self._lock:
            unchanged = self.kept.get(machine.key) == machine
            self.kept[machine.key] = machine
        return Delivery(reference=f"memory:{machine.key}", unchanged=unchanged)

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Give the keys that it keeps."""
        return set(keys) & self.kept.keys()

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:  # noqa: ARG002  (it keeps one)
        """Yield what it keeps."""
        for machine in [*self.kept.values()]:
            yield StoredMachine.of(machine, reference=f"memory:{machine.key}")

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:  # noqa: ARG002  (it keeps one)
        """Give a machine that it keeps."""
        projects = [key.project_name for key in [*self.kept] if key.name == name]
        if project_name is None:
            project_name = sole_project(name, projects)
        if project_name not in projects:
            raise MachineDoesNotExist(name, project_name, projects=projects)
        return self.kept[MachineKey(project_name, name)]


class FailingReporter(MemoryReporter):
    """Fails a number of times, and keeps what comes afterwards.

    Args:
        times: How many deliveries fail before one succeeds; None for all.
        transient: Whether a retry may succeed.
        message: The message of the error.
        retry_after: Seconds that a transient failure asks to wait.
    """

    def __init__(
        self,
        times: int | None = None,
        *,
        transient: bool = True,
        message: str = "failed on purpose",
        retry_after: float | None = None,
    ) -> None:
        super().__init__()
        self.times = times
        self.transient = transient
        self.message = message
        self.retry_after = retry_after
        self.failures = 0
        """The number of deliveries that have failed."""

    def report(self, machine: Machine) -> Delivery:
        """Fail, or keep a machine."""
        with self._lock:
            fails = self.times is None or self.failures < self.times
            self.failures += fails
        if not fails:
            return super().report(machine)
        if self.transient:
            raise TransientReporterError(self.message, self.retry_after)
        raise PermanentReporterError(self.message)


class SlowReporter(MemoryReporter):
    """Waits before it keeps a machine.

    Args:
        seconds: How long.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def report(self, machine: Machine) -> Delivery:
        """Wait, and keep a machine."""
        time.sleep(self.seconds)
        return super().report(machine)
