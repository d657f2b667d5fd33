"""A fleet: variants of the four real machines, of several projects and builds, with plausible scores."""

import copy
import json
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples" / "machines"
PROJECTS = ("north-field", "south-field", "refinery", "wind-park", "terminal")
ASSETS = ("compressor", "pump", "turbine", "heat-exchanger", "separator")
LAST_BUILD = datetime(2026, 11, 22, 22, 28, tzinfo=UTC)


def fleet(count: int, builds: int = 1, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield the records of some machines, each build after the one before it; always the same for a seed."""
    examples = [json.loads(file.read_bytes()) for file in sorted(EXAMPLES.glob("*.json"))]
    # One in eight has no scores, as a model that was built without a cross-validation.
    scored = [each for each in examples if _model(each)["cross_validation"]["scores"]]
    bare = [each for each in examples if each not in scored]
    for number in range(count):
        chance = random.Random(f"{seed}-{number}")
        example = bare[0] if number % 8 == 7 else scored[number % len(scored)]
        quality = 0.97 - chance.betavariate(1.3, 6) * 1.6
        for build in range(builds):
            yield _variant(
                example, number, build, builds, quality=quality + chance.gauss(0, 0.03), chance=chance
            )


def _variant(
    example: dict[str, Any], number: int, build: int, builds: int, *, quality: float, chance: random.Random
) -> dict[str, Any]:
    record = copy.deepcopy(example)
    project = PROJECTS[number * 7 % len(PROJECTS)]
    record["name"] = f"{ASSETS[number % len(ASSETS)]}-{number:04}"
    record["project_name"] = project
    model = _model(record)
    age = timedelta(days=7 * (builds - 1 - build), minutes=chance.randrange(20_000))
    model["model_creation_date"] = str(LAST_BUILD - age)
    model["model_training_duration_sec"] = round(chance.lognormvariate(2.6, 0.7), 3)
    scores = model["cross_validation"]["scores"]
    for name, folds in scores.items():
        level = quality + (chance.gauss(0, 0.08) if "-TAG-" in name else 0)
        values = [level + chance.gauss(0, 0.05) for _ in range(3)]
        if "error" in name:
            values = [max(0.001, (1.05 - value) * 0.06) for value in values]
        else:
            values = [min(0.999, value) for value in values]
        scores[name] = _summary(values) if folds else folds
    if "history" in model["model_meta"]:
        model["model_meta"]["history"] = _history(chance, quality, 40)
    if build:  # somebody changed the model
        record["dataset"]["row_filter"] = f"`TAG-001` > {build / 10}"
    return record


def _summary(values: list[float]) -> dict[str, float]:
    mean = sum(values) / len(values)
    return {
        "fold-mean": mean,
        "fold-std": math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)),
        "fold-max": max(values),
        "fold-min": min(values),
        **{f"fold-{index}": value for index, value in enumerate(values, 1)},
    }


def _history(chance: random.Random, quality: float, epochs: int) -> dict[str, Any]:
    floor = max(0.01, (1.05 - quality) * 0.1)
    loss = [floor + 0.4 * math.exp(-epoch / 6) + chance.gauss(0, 0.004) for epoch in range(epochs)]
    return {
        "loss": loss,
        "val_loss": [value * 1.15 + 0.01 + chance.gauss(0, 0.006) for value in loss],
        "accuracy": [min(0.99, 0.9 * quality * (1 - math.exp(-epoch / 8)) + 0.05) for epoch in range(epochs)],
        "params": {"verbose": 0, "epochs": epochs, "steps": 66},
    }


def _model(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = record["metadata"]["build_metadata"]["model"]
    return found
