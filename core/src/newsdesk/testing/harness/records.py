"""The records that the checks deliver."""

from typing import Any

from newsdesk.machine import Machine

PROJECT = "conformance"
DEEP = 200
"""Levels of nesting, of the 254 that a record may have."""
LONG_VALUE = 1_000_000
"""Characters."""
LONG_NAME = 3_000
"""Characters: more than a file's name, an index of PostgreSQL or a tag of MLflow takes."""


def small(name: str = "small", **parts: Any) -> Machine:
    """Give a small machine."""
    record = {
        "name": name,
        "project_name": PROJECT,
        "model": {"m": {"a": 1}},
        "dataset": {"tag_list": ["T 1"]},
    }
    return Machine.from_dict({**record, **parts})


def ordinary() -> Machine:
    """Give a machine with each part, as a build makes it, and with an unknown key."""
    scores = {"r2": {"fold-mean": 0.91, "fold-1": 0.9, "fold-2": 0.92}}
    built = {"model_creation_date": "2026-01-01 00:00:00+00:00", "model_builder_version": "1.2.3"}
    model = {**built, "cross_validation": {"scores": scores}, "model_meta": history(2, 5)}
    return small(
        "ordinary",
        metadata={"user_defined": {"site": "north"}, "build_metadata": {"model": model}},
        runtime={"reporters": ["files"], "builder": {"resources": {"limits": {"cpu": 1001}}}},
        evaluation={"cv_mode": "full_build", "seed": 0},
        tenant={"id": 7},
    )


def unicode() -> Machine:
    """Give a machine with a character of every plane, NUL, control characters and lone surrogates."""
    planes = "".join(chr(plane + 0x20AC) for plane in range(0, 0x110000, 0x10000))
    edges = "\0\x01\x1b\x7f\x85\u2028\ufeff\ufffe\uffff\U0010ffff"
    quoting = "'\"\\%s {name} ${env:HOME} <b> --"
    texts = {"planes": planes, "edges": edges, "alone": "\ud800 and \udfff", "quoting": quoting}
    return small("Ünicode 😀", metadata={"texts": texts, f"key {planes}": 1, "key\0 \ud800": 2})


def numbers() -> Machine:
    """Give a machine with not-a-number, the infinities, and numbers that are easily changed."""
    special = [float("nan"), float("inf"), float("-inf"), "NaN"]
    finite = [2**53 + 1, 2**70, -(2**70), -0.0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, 1e22, 1.0, 1, True]
    model = {"model_meta": {"history": {"loss": [1.0, float("nan"), float("inf")]}}}
    return small(
        "numbers", metadata={"special": special, "finite": finite, "build_metadata": {"model": model}}
    )


def empty() -> list[Machine]:
    """Give a machine with nothing but a name, and one that has empty values everywhere."""
    nothing: dict[str, Any] = {
        "dict": {},
        "list": [],
        "text": "",
        "none": None,
        "": "",
        "false": False,
        "zero": 0,
    }
    return [
        Machine.from_dict({"name": "bare"}),
        small(
            "empty", model={}, dataset={}, metadata=nothing, runtime={"reporters": []}, evaluation={"": {}}
        ),
    ]


def long_value() -> Machine:
    """Give a machine with very long texts."""
    texts = {"text": "x" * LONG_VALUE, "wide": "é😀" * (LONG_VALUE // 20)}
    return small("long-value", metadata={"texts": texts}, dataset={"row_filter": "y" * 10_000})


def long_names() -> list[Machine]:
    """Give two machines whose very long names differ in the last character alone."""
    key = "k" * LONG_NAME
    return [
        small("n" * LONG_NAME + end, project_name="p" * LONG_NAME, metadata={key: {key: 1}}) for end in "ab"
    ]


def namesakes() -> list[Machine]:
    """Give machines with different keys that look alike, joined or in another case."""
    keys = [
        ("north", "pump"),
        ("south", "pump"),
        ("northp", "ump"),
        ("north", "Pump"),
        ("north-a", "b"),
        ("north", "a-b"),
    ]
    return [small(name, project_name=project) for project, name in keys]


def path_names() -> list[Machine]:
    """Give machines whose names are dangerous as a path or a part of a URL."""
    names = ("../up", "down/in", "..", "back\\slash", "a%2Fb", "a?b=c&d#e", "CON", "trailing. ")
    return [small(name) for name in names]


def many_metrics(count: int) -> Machine:
    """Give a machine with a training history of so many values."""
    return small(
        "metrics", metadata={"build_metadata": {"model": {"model_meta": history(100, count // 100)}}}
    )


def deep() -> Machine:
    """Give a machine whose values are nested deeply."""
    value: Any = "bottom"
    for level in range(DEEP):
        value = [value] if level % 2 else {"down": value}
    return small("deep", metadata={"deep": value})


def hostile() -> list[Machine]:
    """Give one of each, without the one that is only big."""
    return [unicode(), numbers(), *empty(), long_value(), *long_names(), deep()]


def history(series: int, epochs: int) -> dict[str, Any]:
    """Give the training history of a model."""
    return {
        "history": {
            f"loss-{number}": [1 / (epoch + 1) for epoch in range(epochs)] for number in range(series)
        }
    }
