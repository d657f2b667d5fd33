import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk.contract.parameters import references
from newsdesk.contract.parameters.check import check
from newsdesk.contract.parameters.references import is_reference, resolve

plain_text = st.text(st.sampled_from("${}:aenvfile\\ /"), max_size=20).filter(
    lambda text: "${env:" not in text and "${file:" not in text
)
values = st.recursive(
    plain_text | st.integers() | st.none(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(plain_text, inner),
    max_leaves=6,
)


def resolved(value):
    faults = []
    return resolve(value, "p", faults, set()), list(map(str, faults))


@given(values)
def test_a_dollar_that_begins_no_reference_is_data(value):
    assert not is_reference(value)
    assert resolved(value) == (value, [])


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    monkeypatch.setenv("NEWSDESK_A", "va$lue")
    monkeypatch.setenv("NEWSDESK_NESTED", "${env:NEWSDESK_A}")
    monkeypatch.setenv("NEWSDESK_EMPTY", "")
    monkeypatch.delenv("NEWSDESK_NONE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_bytes(b"top\nsecret\n")
    (tmp_path / "windows").write_bytes(b"x\r\n")
    (tmp_path / "two").write_bytes(b"x\n\n")
    (tmp_path / "binary").write_bytes(b"\xff")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${env:NEWSDESK_A}", "va$lue"),
        ("http://${env:NEWSDESK_A}:${env:NEWSDESK_A}@h", "http://va%24lue:va%24lue@h"),
        ({"https": ["http://u:${env:NEWSDESK_A}@proxy"]}, {"https": ["http://u:va%24lue@proxy"]}),
        ("${env:NEWSDESK_EMPTY}", ""),
        ("${env:NEWSDESK_NESTED}", "${env:NEWSDESK_A}"),
        ("${file:secret}", "top\nsecret"),
        ("${file:windows}", "x"),
        ("${file:two}", "x\n"),
        (
            {"a": ["${env:NEWSDESK_A}", 1], "b": ("${file:secret}",)},
            {"a": ["va$lue", 1], "b": ("top\nsecret",)},
        ),
    ],
)
def test_references_are_replaced_once_wherever_they_stand(value, expected):
    assert is_reference(value)
    assert resolved(value) == (expected, [])


def test_what_does_not_resolve_is_told_with_its_path_all_at_once():
    value, faults = resolved(
        {
            "a": ["${env:NEWSDESK_NONE}"],
            "b": "${file:none}",
            "c": "${file:.}",
            "d": "${file:binary}",
            "e": "${env:NEWSDESK_A}",
        }
    )
    assert value["e"] == "va$lue"
    assert faults == [
        "p.a.0: ${env:NEWSDESK_NONE}: the environment variable NEWSDESK_NONE is not set; set it",
        "p.b: ${file:none}: the file cannot be read (No such file or directory); fix the path or its permissions",
        "p.c: ${file:.}: the file cannot be read (Is a directory); fix the path or its permissions",
        "p.d: ${file:binary}: the file cannot be read (UnicodeDecodeError); fix the path or its permissions",
    ]


def test_what_does_not_fit_into_a_url_is_a_fault_with_its_path_and_without_the_value(monkeypatch):
    monkeypatch.setenv("NEWSDESK_HOST", "hunter2@evil/x")
    _, faults = resolved({"https": "http://u:${env:NEWSDESK_A}@${env:NEWSDESK_HOST}:80"})
    assert faults == [
        "p.https: ${env:NEWSDESK_HOST}: not valid in the host of this URL; percent-encode it, or let one reference be "
        "the whole URL"
    ]


@pytest.mark.parametrize(
    "text", ["${env:}", "${file:}", "${env:A=B}", "${file:\0}", "${env:\0}", "${env:\ud800}"]
)
def test_a_reference_to_what_cannot_exist_is_a_fault_and_no_crash(text):
    assert len(resolved(text)[1]) == 1


def test_what_references_point_to_can_be_asked_for_to_be_masked():
    value = {
        "a": ["${env:NEWSDESK_A}", "x${file:secret}", 5],
        "b": "${env:NEWSDESK_NONE}${env:NEWSDESK_EMPTY}",
    }
    found = set()
    resolve(value, "p", [], found)
    assert found == {"va$lue", "top\nsecret"}
    assert references.variables(value) == {"va$lue"}


def test_a_pipe_gives_its_text_once_and_is_asked_again_each_time_a_reporter_opens():
    reading, writing = os.pipe()
    os.write(writing, b"s3cret\n")
    os.close(writing)
    text = f"${{file:/dev/fd/{reading}}}"
    assert [resolved(text), resolved(text)] == [("s3cret", []), ("s3cret", [])]
    os.close(reading)


# Defaults.

names = st.text(st.characters(exclude_characters="{}\0=", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: ":-" not in name and not name.endswith(":")
)
defaults = st.text(st.sampled_from("a$:-/@ \n\"'#\\€,=;")) | st.text(
    st.characters(exclude_characters="{}", exclude_categories=["Cs"])
)


@given(names, defaults)
@example("A", ":-")
@example("A", "$HOME:-x")
@example("A", "http://u:p@ss@h, http://v:q@i")
@example("A", "a,http://h/x y")
def test_any_default_without_braces_takes_the_place_of_a_variable_that_is_not_set(name, default):
    name = f"NEWSDESK_NONE{name}"
    assert resolved(f"${{env:{name}:-{default}}}") == (default, [])
    assert resolved(f"x ${{env:{name}:-{default}}} y") == (f"x {default} y", [])


@given(defaults)
def test_a_variable_that_is_set_keeps_its_default_out(default):
    assert resolved(f"${{env:NEWSDESK_A:-{default}}}") == ("va$lue", [])
    assert resolved(f"${{env:NEWSDESK_EMPTY:-{default}}}") == (default, [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${env:NEWSDESK_NONE:-}", ""),
        ("${env:NEWSDESK_NONE:-${env", "${env:NEWSDESK_NONE:-${env"),
        ("${env:NEWSDESK_NONE:-a}/${env:NEWSDESK_NONE:-b}", "a/b"),
        ("${env:NEWSDESK_NONE:-a}}", "a}"),
        ({"a": ["${env:NEWSDESK_NONE:-1}"]}, {"a": ["1"]}),
    ],
)
def test_a_default_ends_at_the_first_brace(value, expected):
    assert resolved(value) == (expected, [])


def test_what_a_shell_has_besides_is_a_part_of_the_name():
    assert resolved("${env:NEWSDESK_NONE-x}")[1] == [
        "p: ${env:NEWSDESK_NONE-x}: the environment variable NEWSDESK_NONE-x is not set; set it"
    ]


def test_a_file_has_no_default(tmp_path):
    (tmp_path / "a:-b").write_text("c")
    assert resolved("${file:a:-b}") == ("c", [])


@pytest.mark.parametrize("default", ["${env:NEWSDESK_A}", "${file:secret}", "${X}", '{"a": "hunter2"}', "{"])
@pytest.mark.parametrize("name", ["NEWSDESK_NONE", "NEWSDESK_A"])
def test_a_default_with_braces_is_a_fault_set_or_not_and_is_not_shown(name, default):
    """A `}` within it would end it, and what is behind that be appended to whatever the variable has."""

    class Takes:
        def __init__(self, it: str) -> None: ...

    value = f"${{env:{name}:-{default}}}"
    told = f"${{env:{name}:-…}}: a default must not contain braces, so no reference"
    assert resolved(value)[1] == [f"p: {told}"]
    assert list(map(str, check(Takes, {"it": value}))) == [f"it: {told}"]


def test_a_default_is_not_masked_for_being_one(monkeypatch):
    found = set()
    resolve(["${env:NEWSDESK_NONE:-machines}", "${env:NEWSDESK_A:-machines}"], "p", [], found)
    assert found == {"va$lue"}


def test_it_is_known_what_each_reference_uses_without_what_that_holds():
    value = {
        "a": "${env:NEWSDESK_NONE:-x}${env:NEWSDESK_A:-y}",
        "b": ["${env:NEWSDESK_EMPTY:-}", "${env:NEWSDESK_NONE}", "${env:NEWSDESK_EMPTY}"],
        "c": "${file:secret}${file:none}",
        "d": "$x ${x}",
    }
    assert references.sources(value) == [
        "NEWSDESK_NONE is not set; its default is used",
        "NEWSDESK_A is set",
        "NEWSDESK_EMPTY is empty; its default is used",
        "NEWSDESK_NONE is not set",
        "NEWSDESK_EMPTY is empty",
        "secret exists",
        "none does not exist",
    ]


@pytest.mark.parametrize(
    "text", ["${env:}", "${file:}", "${file:\0}", "${env:\0}", "${env:\ud800}", "${file:\ud800}"]
)
def test_what_cannot_exist_does_not(text):
    assert references.sources(text)[0].endswith((" is not set", " does not exist"))
