"""A definition as an outline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.cli.pages.outline import DEPTH, outline

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("definition", "lines"),
    [
        ({}, []),
        ({"Ridge": {}}, ["Ridge"]),
        ({"Ridge": {"alpha": 1, "fit": True, "x": None}}, ["Ridge  alpha=1 fit=true x=null"]),
        ({"Ridge": "x"}, ["Ridge: x"]),
        (
            {"Pipeline": {"steps": ["Scaler", {"Ridge": {"alpha": 1}}], "memory": None}},
            ["Pipeline  memory=null", "  steps:", "    Scaler", "    Ridge  alpha=1"],
        ),
        (
            {"Search": {"grid": [1, 2], "base": {"Ridge": {"a": 2}}}},
            ["Search  grid=[1, 2]", "  base:", "    Ridge  a=2"],
        ),
        (
            {"Lists": {"nested": [["a", "b"], [1]]}},
            ["Lists", "  nested:", "    -:", "      a", "      b", "    [1]"],
        ),
    ],
)
def test_each_class_has_a_line_with_its_parameters(definition, lines):
    assert ["  " * level + line for level, line in outline(definition)] == lines


def test_what_is_nested_too_deep_is_an_ellipsis():
    deep = {}
    for _ in range(3_000):
        deep = {"a": [deep]}
    lines = [*outline(deep)]
    assert lines[-1] == (DEPTH, "…")
    assert len(lines) == DEPTH + 1


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_any_definition_has_an_outline(definition):
    assert all(0 <= level <= DEPTH + 1 for level, _ in outline(definition))
