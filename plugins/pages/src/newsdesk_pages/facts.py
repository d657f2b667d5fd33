"""Pure: the facts of a record that a comparison of two shows."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from newsdesk import Machine, record

from newsdesk_pages.metrics import direction
from newsdesk_pages.text import flat, script

MOST = 400
"""Values of a part of the record in a comparison; the record has the rest."""


Fact = tuple[str, str, str | float | None, int]
"""A line of a comparison: section, label, number or text, and 1 or -1 where more or less of it is better."""


def parts(machine: Machine) -> dict[str, Any]:
    """Return what the record has of a machine's definition, by the headings of its page."""
    found = {
        "Dataset": machine.dataset,
        "Model": machine.model,
        "Evaluation": machine.evaluation,
        "Environment": machine.runtime,
        "Metadata of the user": machine.metadata.get("user_defined"),
    }
    return {heading: part for heading, part in found.items() if part}


def facts_of(machine: Machine, slug: str) -> bytes:
    """Return the script that tells a page what to compare of a machine."""
    return script("newsdesk.facts", f"{slug}/{machine.revision}", machine.key, list(_facts(machine)))


def _facts(machine: Machine) -> Iterator[Fact]:
    for name, value in dataclasses.asdict(record.build(machine)).items():
        if name != "created_at":  # the same as `created`
            yield "Build", name.replace("_", " "), value, 0
    for name, score in sorted(record.scores(machine).items(), key=lambda item: item[1].tag is not None):
        better = direction(score.metric)
        if score.tag is not None:
            yield "Scores of the tags", name, score.mean, better
            continue
        yield "Scores", name, score.mean, better
        for fold, value in score.folds.items():
            yield "Scores", f"{name}, fold {fold}", value, better
    for section, part in parts(machine).items():
        for label, text in [*flat(part)][:MOST]:
            yield section, label, text, 0
