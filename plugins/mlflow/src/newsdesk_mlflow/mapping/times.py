"""Pure: when a build began and ended, as the times of its run; and times that people read."""

import math
from datetime import UTC, datetime
from typing import NamedTuple

from newsdesk import Machine, record

_MILLISECONDS = 1000


class Span(NamedTuple):
    """When a run begins and ends, in milliseconds since 1970."""

    began: int
    ended: int


def build_span(machine: Machine) -> Span | None:
    """Return when a machine's build began and ended; None if its record has no date after 1970.

    It ended when the model was created, and took as long as the query, the cross-validation and the training
    together, as far as they are known.
    """
    build = record.build(machine)
    if build.created_at is None:
        return None
    took = (build.query_seconds, build.cv_seconds, build.training_seconds)
    seconds = sum(each for each in took if each is not None and math.isfinite(each) and each > 0)
    ended = build.created_at.timestamp() * _MILLISECONDS
    began = ended - seconds * _MILLISECONDS
    return Span(round(began), round(ended)) if began > 0 else None


def readable(moment: datetime) -> str:
    """Return a time to the second in UTC, as people read it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def readable_milliseconds(milliseconds: int) -> str:
    """Return milliseconds since 1970 as a time that people read."""
    return readable(datetime.fromtimestamp(milliseconds / _MILLISECONDS, UTC))
