"""Pure: failures grouped by their cause: an outage of a backend is one message, not a thousand."""

import re
from dataclasses import dataclass, field

from newsdesk.cli.logs import plain
from newsdesk.machine import MachineKey

NAMED = 3
"""Machines that a message names."""
KEPT = 30
"""Causes that are kept: a backend may give every error a unique text."""

# Differs from one request to the next: identifiers, times, sizes. A status such as 404 is part of the cause.
_VARYING = re.compile(r"\b(?=[0-9a-f-]*\d)[0-9a-f-]{8,}\b|\d+\.\d+|\d{4,}", re.IGNORECASE)


@dataclass
class Cause:
    """One reason for which something failed for machines at one reporter."""

    label: str
    """The reporter's label; marked if it is a best effort."""
    status: str
    """What became of them."""
    text: str
    """The error of the first, with its type."""
    machines: list[MachineKey] = field(default_factory=list)
    """The first machines that it is about."""
    count: int = 0
    """How many it is about."""

    def __str__(self) -> str:
        names = plain(", ".join(map(str, self.machines)))
        more = f" and {self.count - len(self.machines)} more" if self.count > len(self.machines) else ""
        return f"{self.label}: {self.count} {self.status} ({names}{more}): {self.text}".replace("\n", "\n  ")


class Causes:
    """The causes of all failures of one command."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Cause] = {}
        self.others = 0
        """Failures of causes beyond those that are kept."""

    def add(self, label: str, status: str, machine: MachineKey, text: str) -> None:
        """Count one failure.

        Args:
            label: The reporter's, as it is shown.
            status: What became of it.
            machine: Which machine.
            text: The error, with its type.
        """
        key = (label, status, _common(text, machine))
        if key not in self._kept:
            if len(self._kept) == KEPT:
                self.others += 1
                return
            self._kept[key] = Cause(label, status, text)
        cause = self._kept[key]
        cause.count += 1
        if len(cause.machines) < NAMED:
            cause.machines.append(machine)

    def texts(self) -> list[tuple[str, str]]:
        """Give the status and the message of each cause, in the order in which they came."""
        texts = [(cause.status, str(cause)) for cause in self._kept.values()]
        return [*texts, ("", f"… and {self.others} more failures")] if self.others else texts


def named(label: str, *, required: bool) -> str:
    """Give a reporter's label, marked if it is a best effort."""
    return label if required else f"{label} (best effort)"


def _common(text: str, machine: MachineKey) -> str:
    """Give what an error's text has in common with those of other machines that failed by the same cause."""
    for name in (machine.name, machine.project_name):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "*", text)
    return _VARYING.sub("*", text)
