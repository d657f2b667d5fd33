"""Test doubles: reporters that keep machines in memory, fail, or are slow."""

import threading
import time
from collections.abc import Sequence

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import PermanentReporterError, TransientReporterError
from newsdesk.machine import Machine, MachineKey


class MemoryReporter(BaseReporter):
    """Keeps the newest revision of each machine in memory.

    A copy, such as a desk makes for an executor, starts empty.
    """

    machines: dict[MachineKey, Machine]
    """The machines that it keeps, by key."""

    def __init__(self) -> None:
        self.machines = {}
        self._lock = threading.Lock()

    def report(self, machine: Machine) -> Delivery:
        """Keep a machine."""
        with self._lock:
            unchanged = self.machines.get(machine.key) == machine
            self.machines[machine.key] = machine
        return Delivery(reference=f"memory:{machine.key}", unchanged=unchanged)

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Give the keys that it keeps."""
        return set(keys) & self.machines.keys()


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
