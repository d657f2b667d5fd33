"""Reporters that stand in for a real one, in the tests of those who use newsdesk."""

import threading
import time
from collections.abc import Sequence

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import PermanentReporterError, TransientReporterError
from newsdesk.machine import Machine, MachineKey


class MemoryReporter(BaseReporter):
    """Keeps each machine in memory, the newest revision alone.

    What it keeps belongs to this one object: a copy, as a desk's worker makes one, begins empty.
    """

    machines: dict[MachineKey, Machine]
    """What it has taken, by key."""

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
        """Tell which machines it has taken."""
        return set(keys) & self.machines.keys()


class FailingReporter(MemoryReporter):
    """Fails, and keeps what comes after the last failure.

    Args:
        times: How many deliveries fail before the first one goes well; None for all of them.
        transient: Whether the failure is one that is worth another try.
        message: What the failure says.
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
        """How many deliveries have failed."""

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
    """Takes its time for each machine.

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
