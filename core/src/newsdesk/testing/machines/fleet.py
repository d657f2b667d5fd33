"""A fleet of plausible machines: of several projects, of different quality, built again and again.

For demonstrations and for looking at pages: every number is made up, and the same at each call.
"""

import math
import random
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from newsdesk import record
from newsdesk.machine import Machine
from newsdesk.testing.machines import canned

PROJECTS = ("north", "south", "west")
KINDS = ("pump", "compressor", "turbine", "valve")

_FIRST = datetime(2026, 11, 16, 2, tzinfo=UTC)
_EPOCHS = 24


def fleet(count: int, *, build: int = 1, of: Sequence[Machine] = ()) -> Iterator[Machine]:
    """Give machines that are made of real ones, with the scores and curves that those have.

    Args:
        count: How many.
        build: Which of their builds, from 1 on: a day later each, of the same configuration. From the second
            on, one machine of each ten is worse in one fold, and one is better.
        of: What they are made of, in turn; by default the one of `newsdesk.testing.machines` with scores.
    """
    real = of or canned("real/ae-4tags")
    return (_machine(number, build, real[number % len(real)]) for number in range(count))


def _machine(number: int, build: int, real: Machine) -> Machine:
    made = real.to_dict()
    made["name"] = f"{KINDS[number % len(KINDS)]}-{number + 1:03}"
    made["project_name"] = PROJECTS[number // len(KINDS) % len(PROJECTS)]
    model = made["metadata"]["build_metadata"]["model"]
    built = random.Random(f"{number} {build}")  # noqa: S311  (nothing secret)
    model["model_creation_date"] = str(_FIRST + timedelta(days=build - 1, seconds=40 * number))
    model["model_training_duration_sec"] = round(built.uniform(4, 90), 3)
    model["cross_validation"]["cv_duration_sec"] = round(built.uniform(20, 400), 3)
    quality = random.Random(str(number)).betavariate(9, 2)  # noqa: S311  (the same)
    model["cross_validation"]["scores"] = {
        name: _score(score, quality, number, build) for name, score in record.scores(real).items()
    }
    if record.history(real):
        model["model_meta"]["history"] |= _history(quality, built)
    return Machine.from_dict(made)


def _history(quality: float, built: random.Random) -> dict[str, Any]:
    losses = [0.02 + (1.2 - quality) * math.exp(-epoch / 5) for epoch in range(_EPOCHS)]
    return {
        "loss": [round(loss * built.uniform(0.97, 1.03), 6) for loss in losses],
        "accuracy": [round(quality * (1 - math.exp(-(epoch + 1) / 4)), 6) for epoch in range(_EPOCHS)],
        "params": {"verbose": 0, "epochs": _EPOCHS, "steps": 66},
    }


def _score(score: record.Score, quality: float, number: int, build: int) -> dict[str, float]:
    noise = random.Random(f"{number} {score.name}")  # noqa: S311  (the same)
    folds = {fold: min(0.999, quality + noise.gauss(0, 0.02)) for fold in score.folds}
    last = max(folds)
    if build > 1 and number % 10 == 3:  # noqa: PLR2004  (any two of ten)
        folds[last] -= 0.15 * (build - 1)
    if build > 1 and number % 10 == 6:  # noqa: PLR2004  (the same)
        folds = {fold: value + (0.999 - value) / 2 for fold, value in folds.items()}
    if "error" in score.metric:
        folds = {
            fold: (1 - value) * (0.2 if "squared" in score.metric else 0.4) for fold, value in folds.items()
        }
    values = [round(value, 6) for value in folds.values()]
    summaries: dict[str, Any] = {
        "fold-mean": statistics.fmean(values),
        "fold-std": statistics.pstdev(values),
        "fold-max": max(values),
        "fold-min": min(values),
    }
    return summaries | {f"fold-{fold}": value for fold, value in zip(folds, values, strict=True)}
