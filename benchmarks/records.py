"""Records of a given size, without shared values."""

import itertools
import random

from newsdesk import Machine

_NUMBERS = itertools.count()
_RANDOM = random.Random(7)


def record(size: int) -> dict[str, object]:
    """Return a record of about `size` bytes of JSON: half numbers, half strings, like a real one."""
    number = next(_NUMBERS)
    scores = {
        f"score-{index}": {"mean": _RANDOM.random(), "word": f"{_RANDOM.getrandbits(64):016x}"}
        for index in range(size // 75)
    }
    return {
        "name": f"machine-{number:07}",
        "project_name": "plant",
        "model": {"sklearn.pipeline.Pipeline": {"steps": [f"step-{number}"]}},
        "dataset": {"tags": [f"tag-{number}-{index}" for index in range(4)], "resolution": "10T"},
        "metadata": {"build_metadata": {"model": {"cross_validation": {"scores": scores}}}},
        "runtime": {},
        "evaluation": {"cv_mode": "full_build"},
    }


def machine(size: int) -> Machine:
    return Machine.from_dict(record(size))


def machines(size: int, count: int) -> list[Machine]:
    return [machine(size) for _ in range(count)]
