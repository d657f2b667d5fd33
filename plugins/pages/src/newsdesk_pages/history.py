"""Pure: the revisions of a machine that a site has, the newest build first, and its row in the index."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import newsdesk
from newsdesk import Machine, MachineKey, StoredMachine, canonical, record

from newsdesk_pages.metrics import direction
from newsdesk_pages.text import one_line

MOST_CHANGES = 20
"""Changes of a revision that its machine's page shows; the comparison shows all."""


@dataclasses.dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a machine, without its record."""

    key: MachineKey
    """Project and name."""
    revision: str
    """`Machine.revision`."""
    model_key: str
    """`Machine.model_key`."""
    reported: datetime
    """When it came here."""
    created: datetime | None
    """When it was built, by the record."""
    training_seconds: float | None
    """How long its training took."""
    scores: Mapping[str, float]
    """The means of its main scores."""
    since: str | None = None
    """The revision before it, with which it was compared."""
    changes: Sequence[Sequence[str]] = ()
    """Path, value before and value after of what changed since then; at most `MOST_CHANGES`."""
    more_changes: int = 0
    """How many changes there are besides."""

    @classmethod
    def of(cls, machine: Machine, reported: datetime) -> Self:
        """Describe a record."""
        build = record.build(machine)
        means = {name: score.mean for name, score in record.main_scores(machine).items()}
        return cls(
            machine.key,
            machine.revision,
            machine.model_key,
            reported.astimezone(UTC),
            build.created_at,
            build.training_seconds,
            {name: mean for name, mean in means.items() if mean is not None},
        )

    @property
    def built(self) -> datetime:
        """When it was built; when it was reported, if the record does not tell."""
        return self.created or self.reported

    def stored(self, reference: str) -> StoredMachine:
        """Describe it as core does."""
        return StoredMachine(
            key=self.key,
            revision=self.revision,
            model_key=self.model_key,
            time=self.reported,
            reference=reference,
            scores=self.scores,
            created=self.created,
        )


def ordered(revisions: Sequence[Revision]) -> list[Revision]:
    """Sort revisions by their build, the newest first; of one build the one that came last."""
    return sorted(revisions, key=lambda each: (each.built, each.reported, each.revision), reverse=True)


def latest(own: Revision, others: Sequence[Revision], now: datetime) -> Revision:
    """Return a revision that is reported now, and may have been here before, with a time that puts it first.

    A later report wins, also within one tick of the clock; but an older build does not come before a newer
    one, and then the time is left as it is.
    """
    if not others or ordered([own, *others])[0] is own:
        return own
    after = max(each.reported for each in others) + timedelta(microseconds=1)
    moved = dataclasses.replace(own, reported=max(now, after))
    return moved if ordered([moved, *others])[0] is moved else own


def with_changes(own: Revision, after: Machine, before: Machine) -> Revision:
    """Return a revision with what changed since the one before it, apart from scores and training history.

    Args:
        own: The revision.
        after: Its record.
        before: The record of the revision before it.
    """
    found = newsdesk.diff(before, after).changes
    shown = [(each.path, one_line(each.before), one_line(each.after)) for each in found[:MOST_CHANGES]]
    return dataclasses.replace(
        own, since=before.revision, changes=shown, more_changes=max(0, len(found) - MOST_CHANGES)
    )


def previous_build(revisions: Sequence[Revision]) -> Revision | None:
    """Return the newest revision of an earlier build than the first one's."""
    first, *others = revisions
    return next((each for each in others if each.created is None or each.created != first.created), None)


def row(slug: str, revisions: Sequence[Revision]) -> dict[str, Any]:
    """Return what the index shows of a machine; numbers that JSON does not have are text."""
    newest, before = revisions[0], previous_build(revisions)
    earlier = before.scores if before else {}
    return {
        "slug": slug,
        "name": newest.key.name,
        "project": newest.key.project_name,
        "revision": newest.revision,
        "revisions": len(revisions),
        "created": newest.built.isoformat(),
        "seconds": _finite(newest.training_seconds),
        "scores": [
            [name, _finite(mean), _finite(earlier.get(name)), direction(name)]
            for name, mean in sorted(newest.scores.items())
        ],
    }


def _finite(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else str(value)


def dumped(slug: str, revisions: Sequence[Revision]) -> bytes:
    """Return a machine's file: its row in the first line, then one line for each revision."""
    # The row becomes a part of a script: in ASCII.
    head = json.dumps(row(slug, revisions), allow_nan=False).encode()
    return b"".join(line + b"\n" for line in (head, *(canonical.dumps(_plain(each)) for each in revisions)))


def loaded(data: bytes) -> list[Revision]:
    """Read the revisions in a machine's file.

    Raises:
        ValueError: it is damaged.
    """
    try:
        return [_revision(canonical.loads(line)) for line in data.split(b"\n")[1:] if line]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"it has another layout: {error}") from error


def _plain(each: Revision) -> dict[str, Any]:
    return {field.name: getattr(each, field.name) for field in dataclasses.fields(each)}


def _revision(line: Mapping[str, Any]) -> Revision:
    created = line["created"]
    read = {
        "key": MachineKey(*line["key"]),
        "reported": datetime.fromisoformat(line["reported"]),
        "created": None if created is None else datetime.fromisoformat(created),
        "training_seconds": record.number_of(line["training_seconds"]),
        "scores": {name: float(mean) for name, mean in line["scores"].items()},
    }
    return Revision(**{**line, **read})
