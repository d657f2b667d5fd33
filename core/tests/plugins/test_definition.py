import contextlib
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.exceptions import DefinitionError
from newsdesk.plugins.definition import (
    OPTIONS,
    Definition,
    is_allowed,
    is_import_path,
    parse,
    split_import_path,
)

FORM = (
    "write a name ('mlflow'), an import path ('my_pkg.SlackReporter'), or one of them with parameters "
    "({postgres: {host: db}})"
)
words = st.sampled_from(["mlflow", " mlflow ", "required", " required ", "label", "a.B", "", " "]) | st.text(
    max_size=5
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)
OPTION_VALUES = {
    "required": st.booleans() | st.sampled_from(["delivered", "spooled"]),
    "spool": st.sampled_from(["on_failure", "always", "never"]),
    "label": st.text(min_size=1, max_size=5),
}
targets = st.text(min_size=1, max_size=8).map(str.strip).filter(lambda text: text not in ("", *OPTIONS))
definitions = st.builds(
    Definition,
    targets,
    st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    st.fixed_dictionaries({}, optional=OPTION_VALUES),
)


def error_of(entry):
    with pytest.raises(DefinitionError) as caught:
        parse(entry)
    return str(caught.value)


@given(definitions)
def test_a_definition_comes_back_through_its_entry(definition):
    assert parse(definition.to_entry()) == definition


@given(json_values | st.dictionaries(words, json_values, max_size=2))
def test_any_json_is_a_definition_that_comes_back_or_a_definition_error(entry):
    before = copy.deepcopy(entry)
    with contextlib.suppress(DefinitionError):
        definition = parse(entry)
        assert parse(definition.to_entry()) == definition
    assert entry == before


@pytest.mark.parametrize(
    ("entry", "definition"),
    [
        ("mlflow", Definition("mlflow")),
        ("  mlflow\n", Definition("mlflow")),
        ({"postgres": {"host": "db"}}, Definition("postgres", {"host": "db"})),
        ({"postgres": None}, Definition("postgres")),
        ({"postgres": {}}, Definition("postgres")),
        ("my_pkg.reporters.SlackReporter", Definition("my_pkg.reporters.SlackReporter")),
        ({"my_pkg:Slack": {"a": 1}}, Definition("my_pkg:Slack", {"a": 1})),
        (
            {"mlflow": {"a": 1}, "required": False, "label": "x"},
            Definition("mlflow", {"a": 1}, {"required": False, "label": "x"}),
        ),
        ({"required": True, "mlflow": None}, Definition("mlflow", {}, {"required": True})),
    ],
)
def test_every_form_of_the_grammar_is_read(entry, definition):
    assert parse(entry) == definition


@pytest.mark.parametrize(
    ("definition", "entry"),
    [
        (Definition("mlflow"), "mlflow"),
        (Definition("mlflow", {"a": 1}), {"mlflow": {"a": 1}}),
        (Definition("mlflow", {}, {"required": False}), {"mlflow": {}, "required": False}),
    ],
)
def test_an_entry_has_the_shortest_form(definition, entry):
    assert definition.to_entry() == entry


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("", "empty"),
        (" ", "of type str"),
        (5, "of type int"),
        ([], "of type list"),
        ({}, "empty"),
        (False, "of type bool"),
    ],
)
def test_another_form_is_refused_without_showing_what_stands_there(entry, found):
    assert error_of(entry) == f"not a reporter definition: {found}; {FORM}"


def test_options_alone_name_no_reporter():
    assert error_of({"required": False, "label": "x"}) == (
        f"there is no reporter beside 'required', 'label'; {FORM}"
    )


def test_two_reporters_in_one_entry_are_refused():
    assert error_of({"mlflow": {}, "postgres": {}}) == (
        "a definition names one reporter, but this has the keys 'mlflow', 'postgres'; "
        "only required, spool, label, redact, when go beside a reporter"
    )


def test_a_misspelled_option_gets_the_nearest_match():
    assert error_of({"mlflow": {}, "requird": True}) == (
        "a definition names one reporter, but this has the keys 'mlflow', 'requird' (did you mean 'required'?); "
        "only required, spool, label, redact, when go beside a reporter"
    )


@pytest.mark.parametrize("key", [5, " ", " required "])
def test_a_key_that_can_name_no_reporter_is_refused(key):
    assert error_of({key: {}}).startswith(f"a definition names one reporter, but this has the keys {key!r}")


def test_faults_of_options_and_parameters_are_told_at_once_and_values_are_not_shown():
    assert error_of(
        {"postgres": ["hunter2"], "required": "maybe", "spool": {"a": "hunter2"}, "label": ""}
    ) == (
        "the definition of 'postgres' cannot be used\n"
        "  - required: must be true, false, delivered or spooled, but is 'maybe'\n"
        "  - spool: must be on_failure, always or never, but is of type dict\n"
        "  - label: must be a non-empty string, without references, but is ''\n"
        "  - postgres: the parameters must be a mapping, but are of type list"
    )


def test_a_label_has_no_reference_since_nothing_would_resolve_it():
    assert error_of({"null": None, "label": "${env:LABEL}"}).endswith("but is '${env:LABEL}'")


@pytest.mark.parametrize("empty", [None, {None: None}, {None: {}}, {"null": None}])
def test_the_null_reporter_may_be_written_without_quotes(empty):
    assert parse(empty) == Definition("null")


def test_a_parameter_with_a_name_that_is_no_string_is_refused():
    assert error_of({"postgres": {5: 1}}) == (
        "the definition of 'postgres' cannot be used\n  - postgres: a parameter's name must be a string, but is 5"
    )


@pytest.mark.parametrize("path", ["a.B", "a.b.C", "a:B", "a.b:C", "a.b:C.D", "é.ü"])
def test_import_paths_have_a_dot_or_a_colon(path):
    assert is_import_path(path)


@pytest.mark.parametrize(
    "text", ["mlflow", "", ".", "a.", ".a", "a..b", "a:b:c", "a-b.c", "1.2", "a b.c", ":a", "a:"]
)
def test_other_texts_are_no_import_paths(text):
    assert not is_import_path(text)


@pytest.mark.parametrize(
    ("path", "parts"),
    [("a.B", ("a", "B")), ("a.b.C", ("a.b", "C")), ("a.b:C", ("a.b", "C")), ("a.b:C.D", ("a.b", "C.D"))],
)
def test_an_import_path_is_module_and_attribute(path, parts):
    assert split_import_path(path) == parts


@pytest.mark.parametrize(
    ("path", "prefixes", "allowed"),
    [
        ("os.X", None, True),
        ("os.X", [], False),
        ("my.mod.X", ["my"], True),
        ("my.mod:X", ["my."], True),
        ("my.mod:X", ["my.mod"], True),
        ("my.mod.X", ["my.mod.X"], True),
        ("my.mod:X", ["my.mod.X"], True),
        ("my.mod.X", ["my.mod:X"], True),
        ("mine.X", ["my", "other"], False),
        ("my.mod.X", ["my.mo"], False),
        ("my.X", [""], False),
    ],
)
def test_prefixes_of_import_paths_end_at_a_dot(path, prefixes, allowed):
    assert is_allowed(path, prefixes) is allowed
