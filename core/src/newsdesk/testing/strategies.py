"""Hypothesis strategies for machines and what they are made of."""

from typing import Any

from hypothesis import strategies as st

from newsdesk.batching import Limits
from newsdesk.machine import Machine

_PARTS = ("model", "dataset", "metadata", "runtime", "evaluation")
_MOST_BYTES = 1 << 20


def hostile_text(*, min_size: int = 0, max_size: int = 20) -> st.SearchStrategy[str]:
    """Give text of every Unicode plane, with NUL, control characters, lone surrogates and quotes."""
    characters = (
        st.characters()
        | st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)
        | st.characters(min_codepoint=0x10000)
        | st.sampled_from("\0\x1b\x7f\u2028\ufeff\ufffe'\"\\%/.${}")
    )
    return st.text(characters, min_size=min_size, max_size=max_size)


def metrics(*, max_size: int = 20) -> st.SearchStrategy[dict[str, list[float | str]]]:
    """Give a training history: each metric's values, with `NaN` and the infinities as text."""
    value = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
        ["NaN", "Infinity", "-Infinity"]
    )
    return st.dictionaries(hostile_text(min_size=1), st.lists(value, max_size=10), max_size=max_size)


def records() -> st.SearchStrategy[dict[str, Any]]:
    """Give records, as plain JSON values: only the name is sure to be there."""
    parts = st.dictionaries(hostile_text(max_size=8), _values(), max_size=4)
    own = dict.fromkeys(_PARTS, parts) | {"metadata": parts | metrics().map(_in_its_place)}
    fields = {"project_name": hostile_text(), **own}
    return st.builds(
        lambda name, known, extra: {**extra, **known, "name": name},
        hostile_text(min_size=1),
        st.fixed_dictionaries({}, optional=fields),
        st.dictionaries(
            hostile_text(max_size=8).filter(lambda key: key not in fields), _values(), max_size=2
        ),
    )


def machines() -> st.SearchStrategy[Machine]:
    """Give machines, ordinary and hostile."""
    return records().map(Machine.from_dict)


def limits() -> st.SearchStrategy[Limits]:
    """Give limits of a batch, of which any may be missing."""
    number = st.integers(1, 50)
    return st.builds(
        Limits,
        total=st.none() | number,
        size=st.none() | st.integers(1, _MOST_BYTES),
        kinds=st.dictionaries(st.sampled_from(["metrics", "params", "tags"]), number),
    )


def _values() -> st.SearchStrategy[Any]:
    numbers = st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    leaves = st.none() | st.booleans() | numbers | hostile_text()
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(hostile_text(max_size=8), inner, max_size=4)
        ),
        max_leaves=12,
    )


def _in_its_place(history: dict[str, Any]) -> dict[str, Any]:
    return {"build_metadata": {"model": {"model_meta": {"history": history}}}}
