"""What a backend holds: one entry for each machine, or for each of its revisions."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

from newsdesk.exceptions import AmbiguousMachine, MachineDoesNotExist
from newsdesk.machine import Machine, MachineKey


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredMachine:
    """A machine that a backend holds, without its record; `BaseReporter.fetch` reads that.

    What the backend does not know without reading the record is None.
    """

    key: MachineKey
    """Project and name."""
    revision: str | None = None
    """The `Machine.revision` that was stored; None for one that newsdesk did not write."""
    model_key: str | None = None
    """The model key that was stored; see `Machine.model_key`."""
    time: datetime | None = None
    """When the backend stored it, with a time zone."""
    reference: str | None = None
    """Where it is, as in `Delivery.reference`."""
    scores: Mapping[str, float] | None = None
    """The means of its main scores, by their names in the record; None if the backend cannot list them."""
    created: datetime | None = None
    """When the model was built, by the record, with a time zone."""

    @classmethod
    def of(cls, machine: Machine, *, time: datetime | None = None, reference: str | None = None) -> Self:
        """Describe a machine whose record is at hand."""
        from newsdesk import record  # noqa: PLC0415  (not for deliveries)

        scores = record.main_scores(machine)
        return cls(
            key=machine.key,
            revision=machine.revision,
            model_key=machine.model_key,
            time=time,
            reference=reference,
            scores={name: score.mean for name, score in scores.items() if score.mean is not None},
            created=record.build(machine).created_at,
        )


def sole_project(name: str, projects: Iterable[str]) -> str:
    """Return the one project that has a machine of a name: for `fetch` without a project.

    Args:
        name: The machine's name.
        projects: The projects that have a machine of that name.

    Raises:
        MachineDoesNotExist: None has.
        AmbiguousMachine: Several have.

    Example:
        >>> from newsdesk import sole_project
        >>> sole_project("pump-7", ["plant"])
        'plant'
    """
    found = sorted(set(projects))
    if not found:
        raise MachineDoesNotExist(name)
    if len(found) > 1:
        raise AmbiguousMachine(name, found)
    return found[0]
