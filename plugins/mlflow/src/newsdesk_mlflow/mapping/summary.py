"""Pure: what a list shows of a machine besides its names, kept in one tag of its run.

The metrics of a run do not tell: `loss-mean` may be a score, a series of the training, or the score of a tag.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from newsdesk import Machine, StoredMachine, canonical
from newsdesk.record import number_of

from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.naming.text import json_number

SUMMARY = "newsdesk.summary"
"""The tag: JSON with the main scores' means, and when the model was built."""


class Summary(NamedTuple):
    """What a list shows; None where it is not known."""

    scores: Mapping[str, float] | None = None
    created: datetime | None = None


def summary_tag(machine: Machine, length: int) -> list[Tag]:
    """Return the tag; none, where it would be longer than a server keeps."""
    stored = StoredMachine.of(machine)
    created = stored.created and stored.created.isoformat()
    scores = {name: json_number(mean) for name, mean in (stored.scores or {}).items()}
    text = canonical.dumps({"created": created, "scores": scores}).decode()
    return [Tag(SUMMARY, text)] if len(text) <= length else []


def read_summary(tags: Mapping[str, str]) -> Summary:
    """Read the tag of a run."""
    try:
        found = json.loads(tags[SUMMARY])
        created, scores = found["created"], found["scores"]
        return Summary(
            {name: _number(value) for name, value in scores.items()},
            datetime.fromisoformat(created) if created is not None else None,
        )
    except (AttributeError, LookupError, TypeError, ValueError):  # an older run's, or somebody has changed it
        return Summary()


def _number(value: Any) -> float:
    number = number_of(value)
    if number is None:
        raise ValueError(f"{value!r} is not a number")
    return number
