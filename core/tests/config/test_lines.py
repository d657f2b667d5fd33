"""Where in a YAML file a value stands."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk import DefinitionError, Fault
from newsdesk.config.lines import Lines

TEXT = """
reporters:
- files:
    path: x

- console
retry: {attempts: 3,
  initial: 1}
"""


def lines_of(paths, text=TEXT):
    located = Lines.of(text, "it").located([Fault(path, "wrong") for path in paths])
    return [fault.path for fault in located]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("reporters", 2),
        ("reporters.0", 3),
        ("reporters.0.files", 3),
        ("reporters.0.files.path", 4),
        ("reporters.1", 6),
        ("retry.attempts", 7),
        ("retry.initial", 8),
    ],
)
def test_each_key_and_item_has_its_line(path, line):
    assert lines_of([path]) == [f"line {line}: {path}"]


def test_what_is_not_there_has_the_line_of_what_it_would_be_in():
    assert lines_of(["reporters.1.console.stream"]) == ["line 6: reporters.1.console.stream"]


def test_the_document_itself_has_no_line():
    assert lines_of([""]) == [""]


def test_faults_come_in_the_order_of_their_lines():
    assert lines_of(["retry.initial", "reporters.1", "reporters"]) == [
        "line 2: reporters",
        "line 6: reporters.1",
        "line 8: retry.initial",
    ]


def test_a_key_that_contains_dots_has_its_line():
    assert lines_of(["a.my.pkg.Class.x"], "a:\n  my.pkg.Class:\n    x: 1\n") == ["line 3: a.my.pkg.Class.x"]


def test_keys_that_stand_twice_are_faults():
    found = Lines.of("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", "it").faults
    assert found == (
        Fault("b.c", "duplicate key; keep one"),
        Fault("a", "duplicate key; keep one"),
    )


def test_the_same_key_in_different_mappings_is_no_fault():
    assert Lines.of("- {a: 1}\n- {a: 2}\n", "it").faults == ()


def test_an_alias_is_read_and_has_the_line_where_it_stands():
    text = "a: &x {k: 1}\nb: *x\n"
    assert Lines.of(text, "it").value == {"a": {"k": 1}, "b": {"k": 1}}
    assert lines_of(["b.k"], text) == ["line 2: b.k"]


def test_aliases_of_aliases_cost_no_more_than_their_text():
    text = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
    )
    assert len(Lines.of(text, "it").numbers) < 1000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [1", "line 1, column 6: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n b: 2", "line 2, column 3: mapping values are not allowed here"),
        ("a: &x [*x]", "line 1, column 4: an anchor that contains itself; write it out"),
        ("a: !!bool maybe", "a value does not fit its tag (KeyError: 'maybe')"),
        ("a: !!timestamp never", "a value does not fit its tag (AttributeError: "),
        ("a: !!python/name:os.system", "line 1, column 4: could not determine a constructor for the tag"),
        (
            "a:\n\t- b",
            "line 2, column 1: found character '\\t' that cannot start any token; indent with spaces",
        ),
        ("a: 1\n---\nb: 2", "line 2, column 1: but found another document"),
        ("a: \x00", "unacceptable character #x0000: special characters are not allowed"),
        ("[" * 1000, ""),
        ("a: " + "[" * 101 + "]" * 101, "line 1, column 103: nested deeper than 100 levels"),
    ],
)
def test_what_is_no_yaml_is_told_with_the_place(text, reason):
    with pytest.raises(DefinitionError) as caught:
        Lines.of(text, "it")
    assert str(caught.value).startswith(f"'it' is not valid YAML: {reason}")


@given(st.text())
@example("- " * 300 + "a")
@example("%YAML 9.9\n--- x")
def test_any_text_is_read_or_refused_with_a_definition_error(text):
    try:
        lines = Lines.of(text, "it")
    except DefinitionError:
        return
    assert all(number >= 1 for number in lines.numbers.values())
