"""Pure: what happened to many machines, grouped by its cause: an outage is one message, not a thousand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsdesk.cli.logs import plain
from newsdesk.machine import MachineKey

NAMED = 3
"""Machines that a message names."""
KEPT = 30
"""Causes that are kept: a backend may give every error a unique text."""
APART = 5
"""Causes with texts of one form that are shown apart, such as 502 and 429; more are one message."""
LONGEST = 2_000
"""Characters of a text that are shown."""

# Differs from one request to the next: identifiers, times, sizes. A status such as 404 is part of the cause.
_VARYING = re.compile(r"\b(?=[0-9a-f-]*\d)[0-9a-f-]{8,}\b|\d+\.\d+|\d{4,}", re.IGNORECASE)
# May differ from one machine to the next as well: whatever is quoted, and words with a digit.
_WORD = r"[\w.+/:%@~*-]"
_FORM = re.compile(rf"'[^']*'|\"[^\"]*\"|`[^`]*`|(?<!{_WORD}){_WORD}*[\d*]{_WORD}*")


@dataclass
class Cause:
    """One reason for which something happened to machines at one reporter."""

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
    is_example: bool = False
    """Whether the others have other texts of the same form."""

    last: MachineKey | None = None
    """The machine that was counted last."""

    def add(self, machine: MachineKey) -> None:
        """Count a machine."""
        self.count += 1
        self.last = machine
        if len(self.machines) < NAMED and machine not in self.machines:
            self.machines.append(machine)

    def __str__(self) -> str:
        names = plain(", ".join(map(str, self.machines)))
        more = f" and {self.count - len(self.machines)} more" if self.count > len(self.machines) else ""
        such = "texts differ, such as: " if self.is_example else ""
        text = "\n  ".join(map(plain, self.text.split("\n")))
        return f"{plain(self.label)}: {self.count} {self.status} ({names}{more}): {such}{text}"


class _Alike:
    """The causes at one reporter whose texts have one form."""

    def __init__(self, label: str, status: str, *, once: bool) -> None:
        self._once = once
        self._apart: dict[str, Cause] = {}
        """The first causes, by what their texts have in common."""
        self._all = Cause(label, status, "", is_example=True)
        self._has_more = False

    def add(self, machine: MachineKey, text: str, common: str) -> None:
        if len(self._apart) < APART:
            self._apart.setdefault(common, Cause(self._all.label, self._all.status, text))
        self._has_more |= common not in self._apart
        for cause in (self._all, self._apart.get(common)):
            if cause is not None and not (self._once and cause.last == machine):
                cause.add(machine)

    def causes(self) -> list[Cause]:
        if not self._has_more:
            return [*self._apart.values()]
        self._all.text = max(self._apart.values(), key=lambda cause: cause.count).text
        return [self._all]


class Causes:
    """The causes of all failures of one command, or all alterations. Their size is bounded.

    Args:
        once: Whether a machine counts once for a cause, however often it is added in a row.
    """

    def __init__(self, *, once: bool = False) -> None:
        self._once = once
        self._kept: dict[tuple[str, str, str], _Alike] = {}
        self._others = 0

    def __iter__(self) -> Iterator[Cause]:
        """Yield the causes, the most frequent first."""
        found = [cause for alike in self._kept.values() for cause in alike.causes()]
        yield from sorted(found, key=lambda cause: -cause.count)

    def add(self, label: str, status: str, machine: MachineKey, text: str) -> None:
        """Count one of them.

        Args:
            label: The reporter's, as it is shown.
            status: What became of it.
            machine: Which machine.
            text: The error, with its type.
        """
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]}… (--json has all of it)"
        common = _common(text, machine)
        key = (label, status, _FORM.sub("*", common))
        if key not in self._kept:
            if len(self._kept) == KEPT:
                self._others += 1
                return
            self._kept[key] = _Alike(label, status, once=self._once)
        self._kept[key].add(machine, text, common)

    def texts(self, what: str = "failures") -> list[tuple[str, str]]:
        """Give the status and the message of each cause, the most frequent first.

        Args:
            what: What they are causes of.
        """
        texts = [(cause.status, str(cause)) for cause in self]
        return [*texts, ("", f"… and {self._others} more {what}")] if self._others else texts

    @property
    def names_all(self) -> bool:
        """Whether the messages name every machine."""
        return not self._others and all(cause.count == len(cause.machines) for cause in self)


def named(label: str, *, required: bool) -> str:
    """Give a reporter's label, marked if it is a best effort."""
    return label if required else f"{label} (best effort)"


def _common(text: str, machine: MachineKey) -> str:
    """Give what an error's text has in common with those of other machines that failed by the same cause."""
    for name in (machine.name, machine.project_name):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "*", text)
    return _VARYING.sub("*", text)
