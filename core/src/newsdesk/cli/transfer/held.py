"""Pure: what one backend holds of a machine, compared with what another holds."""

import enum
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from newsdesk.contract.stored import StoredMachine
from newsdesk.machine import Machine
from newsdesk.record import build


class Held(NamedTuple):
    """One revision of a machine that a backend holds: a digest and dates, so that many fit into memory."""

    revision: str | None
    """Which content; None if the backend does not know without reading the record."""
    created: datetime | None
    """When the model was built."""
    time: datetime | None
    """When the backend stored it."""

    @classmethod
    def of(cls, stored: StoredMachine) -> Self:
        """Keep what is compared."""
        return cls(stored.revision, stored.created, stored.time)

    def with_record(self, machine: Machine) -> Self:
        """Add what the record says."""
        return self._replace(revision=machine.redacted().revision, created=build(machine).created_at)


class State(enum.StrEnum):
    """What a backend holds of a machine, seen from another one that holds it."""

    EQUAL = "equal"
    """The same revision."""
    MISSING = "missing"
    """Nothing."""
    OLDER = "older"
    """An older revision."""
    NEWER = "newer"
    """A newer revision."""
    DIFFERENT = "different"
    """Another revision; which of them is newer is unknown."""
    EXTRA = "extra"
    """The machine, which the other one does not hold."""
    SKIPPED = "skipped"
    """The machine, which is not for the one that lacks it, by its `when`."""
    UNREADABLE = "unreadable"
    """The machine, but one of the records cannot be read."""


def compare(source: Held, target: Held) -> State:
    """Compare what a target holds of a machine with what a source holds.

    The newer one is that of the later build; of one build, or where a record has no date of it, the one that
    was stored later.
    """
    if source.revision is not None and source.revision == target.revision:
        return State.EQUAL
    for ours, theirs in ((source.created, target.created), (source.time, target.time)):
        if ours is not None and theirs is not None and ours != theirs:
            return State.NEWER if theirs > ours else State.OLDER
    return State.DIFFERENT


def compare_all(source: Sequence[Held], target: Sequence[Held]) -> Iterator[State]:
    """Compare each revision that a source holds of a machine with those that a target holds.

    Args:
        source: The source's revisions, the newest first.
        target: The target's, the newest first.

    Returns:
        For each of the source's: EQUAL if the target holds it, OLDER or MISSING if the target ends with an
        older one or with none, else what `compare` says of the target's newest.
    """
    held = {each.revision for each in target} - {None}
    newest = target[0] if target else None
    # Where the source has had the target's newest, its own order is better than any date.
    shared = [i for i, each in enumerate(source) if newest and each.revision == newest.revision in held]
    for index, each in enumerate(source):
        if each.revision in held:
            yield State.EQUAL
        elif newest is None:
            yield State.MISSING
        elif shared:
            yield State.OLDER if index < shared[0] else State.NEWER
        else:
            yield compare(each, newest)
