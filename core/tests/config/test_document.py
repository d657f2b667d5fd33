"""JSON and YAML as the value of a config."""

import json
import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import DefinitionError, Fault
from newsdesk.config.document import BRACKETS, Document
from newsdesk.config.lines import DEPTH

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab:-#{}[]'\"\\ \t\n0é"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab: "), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab:"), VALUES, max_size=4))
def test_json_is_read_as_yaml_reads_it(value):
    text = json.dumps(value)
    assert Document.of(text, "it").value == yaml.safe_load(text) == value


def test_only_what_is_not_json_imports_yaml():
    code = """
import sys
from newsdesk.config.document import Document
Document.of('{"reporters": [{"files": {"path": "x"}}]}', "it")
assert "yaml" not in sys.modules
Document.of('reporters: []', "it")
assert "yaml" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("indent", ["  ", "\t"])
def test_a_fault_in_json_has_its_line_where_yaml_can_tell_it(indent):
    text = json.dumps({"retry": {"attempts": 0}}, indent=indent)
    located = Document.of(text, "it").located([Fault("retry.attempts", "wrong")])
    assert located == [Fault("retry.attempts" if indent == "\t" else "line 3: retry.attempts", "wrong")]


def test_what_is_read_without_yaml_is_no_deeper_than_yaml_may_be():
    assert BRACKETS <= DEPTH


def test_json_with_a_key_twice_is_refused_as_yaml_is():
    document = Document.of('{"reporters": [], "reporters": []}', "it")
    assert document.faults == (Fault("reporters", "duplicate key; keep one"),)


@pytest.mark.parametrize("depth", [DEPTH + 1, 100_000])
def test_json_that_is_too_deep_is_refused_as_yaml_is(depth):
    with pytest.raises(DefinitionError, match=r"deep|recursion"):
        Document.of('{"a": ' + "[" * depth + "]" * depth + "}", "it")
