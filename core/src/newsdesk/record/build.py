"""The build itself: when, by what, how long."""

import dataclasses
from datetime import datetime

from newsdesk.machine import Machine
from newsdesk.record import paths
from newsdesk.record.values import count_of, date_of, number_of, text_of


@dataclasses.dataclass(frozen=True, slots=True)
class Build:
    """When and by what a model was built, on which dates, and how long it took.

    None where the record has nothing, or something of another kind.
    """

    created: str | None
    """When it was built, as the record has it."""
    created_at: datetime | None
    """The same in UTC."""
    builder_version: str | None
    """The version of the program that built it."""
    train_start_date: str | None
    """Where its data begins, as the record has it (see `date_of`)."""
    train_end_date: str | None
    """Where its data ends."""
    training_seconds: float | None
    """How long the training on all data took."""
    cv_seconds: float | None
    """How long the cross-validation took."""
    query_seconds: float | None
    """How long it took to fetch the data."""
    offset: int | None
    """By how many rows the model's output is shorter than its input."""


def build(machine: Machine) -> Build:
    """Return when and by what a machine was built, on which dates, and how long it took."""
    created = text_of(paths.value_at(machine, paths.CREATED))
    return Build(
        created=created,
        created_at=date_of(created),
        builder_version=machine.builder_version,
        train_start_date=text_of(paths.value_at(machine, paths.TRAIN_START_DATE)),
        train_end_date=text_of(paths.value_at(machine, paths.TRAIN_END_DATE)),
        training_seconds=number_of(paths.value_at(machine, paths.TRAINING_SECONDS)),
        cv_seconds=number_of(paths.value_at(machine, paths.CV_SECONDS)),
        query_seconds=number_of(paths.value_at(machine, paths.QUERY_SECONDS)),
        offset=count_of(paths.value_at(machine, paths.OFFSET)),
    )
