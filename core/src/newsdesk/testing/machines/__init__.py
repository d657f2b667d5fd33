"""The machines that the checks deliver: real and hostile ones, as files to look at and to report one by one.

The two largest are made here and are no files. May import: nothing else of `newsdesk.testing`.
"""

from functools import cache
from pathlib import Path
from typing import Any

from newsdesk.machine import Machine

MACHINES = Path(__file__).parent
"""The folder of the files, which `newsdesk report` reads: `ordinary.json`, and folders `real`, `hostile`."""

LONG_VALUE = 1_000_000
"""Characters."""

HOSTILE = (
    "unicode",
    "numbers",
    "empty",
    "long-names",
    "namesakes",
    "path-names",
    "deep",
    "long-value",
)
"""The hostile machines by name: that of a file, or `long-value`."""

_SERIES = 100


def small(name: str = "small", **parts: Any) -> Machine:
    """Give a small machine."""
    record = {
        "name": name,
        "project_name": "conformance",
        "model": {"m": {"a": 1}},
        "dataset": {"tag_list": ["T 1"]},
    }
    return Machine.from_dict({**record, **parts})


def canned(name: str) -> list[Machine]:
    """Give new machines with the records of a file, by its path in the folder without the ending."""
    return [Machine.from_json(record) for record in _records(name)]


def hostile(name: str) -> list[Machine]:
    """Give the hostile machines of a name."""
    return [long_value()] if name == "long-value" else canned(f"hostile/{name}")


def real() -> list[str]:
    """Give the paths of the real machines, for `canned`."""
    return sorted(f"real/{path.stem}" for path in (MACHINES / "real").iterdir())


def redacted() -> list[Machine]:
    """Give machines as a reporter with `redact` gets them: texts for parts, and for numbers and dates."""
    from newsdesk.routing.redaction import Redaction  # noqa: PLC0415  (for two checks)

    some = "scores.*.*", "splits.*", "history.*", "*_sec", "*_date", "*_version", "model_offset"
    part, whole = (canned(name)[0] for name in real()[:2])
    return [
        Redaction.of(["*"]).apply(whole),
        Redaction.of(["dataset.*", "model.*.*", *(f"metadata.**.{keys}" for keys in some)]).apply(part),
    ]


def long_value() -> Machine:
    """Give a machine with very long texts."""
    texts = {"text": "x" * LONG_VALUE, "wide": "é😀" * (LONG_VALUE // 20)}
    return small("long-value", metadata={"texts": texts}, dataset={"row_filter": "y" * 10_000})


def many_metrics(count: int) -> Machine:
    """Give a machine with a training history of so many values."""
    values = [1 / (epoch + 1) for epoch in range(count // _SERIES)]
    history = {"history": {f"loss-{number}": values for number in range(_SERIES)}}
    return small("metrics", metadata={"build_metadata": {"model": {"model_meta": history}}})


@cache
def _records(name: str) -> list[bytes]:
    (path,) = MACHINES.glob(f"{name}.json*")
    content = path.read_bytes()
    return content.splitlines() if path.suffix == ".jsonl" else [content]
