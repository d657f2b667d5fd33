"""Pure: plans as people read them, a line for each machine and reporter, and what those of many add up to."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from newsdesk.cli.logs import plain
from newsdesk.cli.receipts.causes import Causes
from newsdesk.contract.delivery import Plan
from newsdesk.machine import MachineKey


def lines(label: str, machine: MachineKey, plan: Plan) -> Iterator[str]:
    """Yield what a reporter would send of a machine, and a line for each alteration."""
    yield plain(f"{machine} at {label}: {_sent(plan.items, plan.requests, plan.size)}")
    for alteration in plan.alterations:
        yield plain(f"  {alteration}")


@dataclass
class _Total:
    """What is planned for one reporter."""

    machines: int = 0
    skipped: int = 0
    requests: int = 0
    size: int = 0
    items: Counter[str] = field(default_factory=Counter)
    advice: Counter[str] = field(default_factory=Counter)


class Plans:
    """What the plans of many machines add up to; it does not grow with their number."""

    def __init__(self) -> None:
        self._totals: dict[str, _Total] = {}
        self._altered = Causes(once=True)

    def add(self, label: str, machine: MachineKey, plan: Plan) -> None:
        """Add what a reporter would send of a machine."""
        total = self._totals.setdefault(label, _Total())
        total.machines += 1
        total.requests += plan.requests
        total.size += plan.size
        total.items.update(plan.items or {"records": 1})
        total.advice[plan.advice] += 1
        for alteration in plan.alterations:
            self._altered.add(label, "altered", machine, plain(str(alteration)))

    def skip(self, label: str) -> None:
        """Add that a reporter would get nothing of a machine."""
        self._totals.setdefault(label, _Total()).skipped += 1

    def lines(self) -> Iterator[str]:
        """Yield a line for each reporter, then one for each kind of alteration."""
        for label, total in self._totals.items():
            sent = f": {_sent(total.items, total.requests, total.size)}" if total.machines else ""
            skipped = f"; {total.skipped} skipped" if total.skipped else ""
            yield plain(f"{label}: {total.machines} machines{sent}{skipped}")
        yield from (text for _, text in self._altered.texts("alterations"))

    def advice(self, many: int) -> Iterator[str]:
        """Yield the advice that the plans of many machines have."""
        for label, total in self._totals.items():
            for advice, count in total.advice.items():
                if advice and count >= many:
                    yield plain(f"{label}: {count} machines: {advice}")


def _sent(items: Mapping[str, int], requests: int, size: int) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in items.items()) or "the record"
    about = f", about {size} bytes" if size else ""
    return f"{kinds} in {requests} requests{about}"
