"""Pure: the revisions of a machine that a site has, the newest build first, and its line in the index."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from newsdesk import Machine, MachineKey, StoredMachine, canonical, record

from newsdesk_pages.metrics import direction
from newsdesk_pages.text import ascii_json


def ordered(revisions: Sequence[StoredMachine]) -> list[StoredMachine]:
    """Sort revisions by their build, the newest first; of one build the one that came last."""
    return sorted(revisions, key=_age, reverse=True)


def _age(each: StoredMachine) -> tuple[Any, ...]:
    return each.created or each.time, each.time, each.revision


def with_time(revisions: Sequence[StoredMachine], revision: str, time: datetime) -> list[StoredMachine]:
    """Return revisions of which one was reported at a time, or later."""
    own = (each for each in revisions if each.revision == revision)
    others = [each for each in revisions if each.revision != revision]
    return ordered([*others, *(dataclasses.replace(each, time=max(time, each.time or time)) for each in own)])


def time_of_report(machine: Machine, revisions: Sequence[StoredMachine], now: datetime) -> datetime:
    """Return the time of a machine that is reported now, and may have been reported before.

    Of one build the last report comes first, also within one tick of the clock; what is first already keeps
    its time.
    """
    created = record.build(machine).created_at
    first = next((each for each in revisions if each.created == created), None)
    if first is None or first.time is None:
        return now
    tick = timedelta(microseconds=1)
    return first.time if first.revision == machine.revision else max(now, first.time + tick)


def previous_build(revisions: Sequence[StoredMachine]) -> StoredMachine | None:
    """Return the newest revision of an earlier build than the first one's."""
    first, *others = revisions
    return next((each for each in others if each.created is None or each.created != first.created), None)


def dumped(slug: str, revisions: Sequence[StoredMachine], newest: Machine) -> bytes:
    """Return a machine's file: its line of the index, then one line for each revision."""
    # The first line becomes a part of a script: in ASCII.
    lines = ascii_json(_row(slug, revisions, newest)).encode(), *map(canonical.dumps, revisions)
    return b"\n".join(lines) + b"\n"


def _row(slug: str, revisions: Sequence[StoredMachine], newest: Machine) -> dict[str, Any]:
    first, before = revisions[0], previous_build(revisions)
    earlier = (before and before.scores) or {}
    return {
        "slug": slug,
        "name": newest.name,
        "project": newest.project_name,
        "revision": first.revision,
        "revisions": len(revisions),
        "created": first.created or first.time,
        "seconds": record.build(newest).training_seconds,
        "scores": [
            [name, mean, earlier.get(name), direction(name)]
            for name, mean in sorted((first.scores or {}).items())
        ],
    }


def loaded(data: bytes) -> list[StoredMachine]:
    """Read the revisions in a machine's file; errors of several kinds say that it is damaged."""
    return [_revision(canonical.loads(line)) for line in data.splitlines()[1:]]


def _revision(line: dict[str, Any]) -> StoredMachine:
    times = {name: line[name] and datetime.fromisoformat(line[name]) for name in ("time", "created")}
    scores = {name: float(mean) for name, mean in line["scores"].items()}
    return StoredMachine(**{**line, **times, "key": MachineKey(*line["key"]), "scores": scores})
