"""Pure: failures grouped by their cause: an outage of a backend is one message, not a thousand."""

import re
from dataclasses import dataclass, field

from newsdesk.contract.receipt import Receipt
from newsdesk.machine import MachineKey

NAMED = 3
"""Machines that a message names."""
KEPT = 30
"""Causes that are kept: a backend may give every error a text of its own."""

# Differs from one request to the next: identifiers, times, sizes. A status such as 404 is part of the cause.
_VARYING = re.compile(r"\b(?=[0-9a-f-]*\d)[0-9a-f-]{8,}\b|\d+\.\d+|\d{4,}", re.IGNORECASE)


@dataclass
class Cause:
    """One reason for which deliveries to one reporter failed, or were kept for later."""

    label: str
    """The reporter's label; marked when it is a best effort."""
    status: str
    """What became of them."""
    text: str
    """The error of the first, with its type."""
    machines: list[MachineKey] = field(default_factory=list)
    """The first machines that it is about."""
    count: int = 0
    """How many it is about."""

    def __str__(self) -> str:
        names = ", ".join(map(str, self.machines))
        more = f" and {self.count - len(self.machines)} more" if self.count > len(self.machines) else ""
        return f"{self.label}: {self.count} {self.status} ({names}{more}): {self.text}".replace("\n", "\n  ")


class Causes:
    """The causes among the receipts of one command."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Cause] = {}
        self.others = 0
        """Failures of causes beyond those that are kept."""

    def add(self, receipt: Receipt) -> None:
        """Count a receipt's error, if it has one."""
        if receipt.error is None:
            return
        text = f"{type(receipt.error).__name__}: {receipt.error}"
        key = (receipt.reporter, str(receipt.status), _common(text, receipt.machine))
        if key not in self._kept:
            if len(self._kept) == KEPT:
                self.others += 1
                return
            self._kept[key] = Cause(named(receipt), str(receipt.status), text)
        cause = self._kept[key]
        cause.count += 1
        if len(cause.machines) < NAMED:
            cause.machines.append(receipt.machine)

    def texts(self) -> list[tuple[str, str]]:
        """Give the status and the message of each cause, in the order in which they came."""
        return [(cause.status, str(cause)) for cause in self._kept.values()]


def named(receipt: Receipt) -> str:
    """Give a reporter's label, marked when it is a best effort."""
    return receipt.reporter if receipt.required else f"{receipt.reporter} (best effort)"


def _common(text: str, machine: MachineKey) -> str:
    """Give what an error's text has in common with those of other machines that failed by the same cause."""
    for name in (machine.name, machine.project_name):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "*", text)
    return _VARYING.sub("*", text)
