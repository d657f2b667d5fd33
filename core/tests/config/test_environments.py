"""The environments of a config: what they change, and where each value is from."""

import contextlib
import pickle
from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import Config, DefinitionError, Retry
from newsdesk.builtin.files import FilesReporter
from newsdesk.builtin.null import NullReporter
from newsdesk.config.document import Document
from newsdesk.config.effective import KEY, Effective

CONFIG = """\
reporters:
- files: {path: base}
  required: false
- files: {path: archive}
  label: archive
- "null"
retry: {attempts: 3, initial: 0.1}
deadline: 30
outbox: {path: owed.db, max_bytes: 5}
allow_import_paths: [a, b]
environments:
  dev:
    reporters: [files, console]
    outbox:
  prod:
    reporters:
    - files: {path: /data}
      label: archive
    - null:
    - files: {path: more}
      label: more
    retry: {attempts: 9}
    allow_import_paths: [newsdesk]
    outbox: {path: /owed.db}
  empty:
"""


def config(env=None, text=CONFIG):
    return Config.from_yaml(text, name="c.yaml", env=env)


def refusal(text, env=None):
    with pytest.raises(DefinitionError) as caught:
        config(env, text)
    return caught.value


def faults(text, env="e"):
    return [str(fault) for fault in refusal(text, env).faults]


def test_without_an_environment_it_is_the_base_alone():
    base = config()
    assert [route.label for route in base.routes] == ["files", "archive", "null"]
    for same in (Config.from_yaml(CONFIG[: CONFIG.index("environments")]), config("empty")):
        assert replace(same, outbox=base.outbox) == base
        assert (same.outbox.path, same.outbox.bounds) == (base.outbox.path, base.outbox.bounds)


def test_mappings_are_merged_and_all_else_is_replaced():
    prod = config("prod")
    assert (prod.retry, prod.deadline) == (Retry(9, 0.1), 30)
    assert prod.allow_import_paths == ("newsdesk",)
    assert (str(prod.outbox.path), prod.outbox.bounds.max_bytes) == ("/owed.db", 5)
    assert config("dev").outbox is None


@pytest.mark.parametrize(
    ("base", "over", "whole"),
    [
        ("o.db", "{max_bytes: 5}", ("o.db", 5)),
        ("o.db", "{max_bytes: 5, path: p.db}", ("p.db", 5)),
        ("{path: o.db, max_bytes: 7}", "p.db", ("p.db", 7)),
        ("o.db", "p.db", ("p.db", None)),
    ],
)
def test_a_text_that_is_short_for_a_mapping_is_merged_as_one(base, over, whole):
    outbox = config("e", f"outbox: {base}\nenvironments: {{e: {{outbox: {over}}}}}").outbox
    assert (outbox.path.name, outbox.bounds.max_bytes) == whole


@pytest.mark.parametrize(
    ("base", "over", "line"),
    [
        ("outbox: '${env:X}'", "{max_bytes: 5}", "line 1: outbox"),
        ("outbox: {max_bytes: 5}", "'${env:X}'", "line 3: environments.e.outbox"),
    ],
)
def test_a_fault_in_such_a_text_has_its_line(base, over, line):
    [fault] = faults(f"{base}\nenvironments:\n  e: {{outbox: {over}}}")
    assert fault.startswith(f"{line}: references are resolved")


def test_a_reporter_takes_what_it_does_not_set_from_the_one_of_its_label():
    labels = [(route.label, route.reporter, route.required) for route in config("prod").routes]
    assert labels == [
        ("archive", FilesReporter(path="/data"), True),
        ("null", NullReporter(), True),
        ("more", FilesReporter(path="more"), True),
    ]
    (files, _) = config("dev").routes
    assert (files.reporter, files.required) == (FilesReporter(path="base"), False)


def test_a_label_alone_is_that_reporter():
    (route,) = config(
        "e", "reporters: [{files: {path: x}, label: a}]\nenvironments: {e: {reporters: [a]}}"
    ).routes
    assert (route.label, route.reporter) == ("a", FilesReporter(path="x"))


def test_what_is_within_a_parameter_is_merged_too(distribution):
    source = """
        from newsdesk import BaseReporter

        class Deep(BaseReporter):
            def __init__(self, kwargs: dict | None = None, tags: list | None = None) -> None: ...
            def report(self, machine): ...
    """
    distribution("deep", {"deep": source})
    text = "reporters: [{deep.Deep: {kwargs: {a: {b: 1, c: 2}}, tags: [1]}}]\nenvironments: {e: {reporters: [%s]}}"
    (route,) = config("e", text % "{deep.Deep: {kwargs: {a: {c: 3}, d: 4}, tags: [2]}}").routes
    assert route.reporter.given_params() == {"kwargs": {"a": {"b": 1, "c": 3}, "d": 4}, "tags": [2]}
    (route,) = config("e", text % "{deep.Deep: {kwargs: null}}").routes
    assert route.reporter.given_params() == {"kwargs": None, "tags": [1]}


def test_a_reporter_of_another_kind_takes_nothing():
    text = "reporters: [{files: {path: x}, label: a, required: false}]\nenvironments: {e: {reporters: [{console: {}, label: a}]}}"
    (route,) = config("e", text).routes
    assert (route.reporter.defined_as, route.required) == ("console", True)


def test_a_reporter_that_the_base_has_twice_needs_a_label():
    text = "reporters: [{files: {path: x}}, {files: {path: y}}]\nenvironments: {e: {reporters: [files]}}"
    assert faults(text) == [
        "line 2: environments.e.reporters.0: the base has several reporters 'files'; give them labels"
    ]
    assert len(config(None, text).routes) == 2


@pytest.mark.parametrize(
    ("base", "first", "second", "place"),
    [
        ("{files: {path: x}, label: x}", "x", "x", "environments.e.reporters.1"),
        (
            "{files: {path: x}, label: files}",
            "files: {path: y}",
            "files: {path: z}",
            "environments.e.reporters.1",
        ),
        ("{files: {path: x}, label: x}", "x", "{null: {}, label: x}", "environments.e.reporters.1.label"),
    ],
)
def test_a_label_twice_has_the_line_of_the_second_and_the_place_of_the_first(base, first, second, place):
    text = f"reporters: [{base}]\nenvironments:\n  e:\n    reporters:\n    - {first}\n    - {second}\n"
    label = "files" if "files" in first else "x"
    assert faults(text) == [
        f"line 6: {place}: environments.e.reporters.0 has the label {label!r} too; labels must be unique"
    ]


def test_a_label_of_the_base_as_the_name_of_a_reporter_is_told():
    text = "reporters: [{files: {path: x}, label: db}]\nenvironments: {e: {reporters: [{%s: {path: y}}]}}"
    [fault] = faults(text % "db")
    assert fault.startswith("line 2: environments.e.reporters.0: there is no reporter 'db'; installed are: ")
    assert fault.endswith("; 'db' is a label of the base: write 'files', with 'label: db' beside it")
    [fault] = faults(text % "dbb")
    assert "label" not in fault


def test_a_base_need_not_be_whole():
    text = (
        "reporters: [{files: {}, label: a}]\nenvironments: {e: {reporters: [{files: {path: x}, label: a}]}}"
    )
    assert config("e", text).routes[0].reporter == FilesReporter(path="x")
    error = refusal(text)
    assert (
        str(error).splitlines()[0] == "the config 'c.yaml' cannot be used without an environment (it has e)"
    )


def test_what_is_sent_to_a_worker_is_the_environment():
    with pickle.loads(pickle.dumps(config("prod", CONFIG.replace("/owed.db", "owed.db")).desk())) as desk:
        assert [route.reporter.to_dict() for route in desk.routes] == [
            {"files": {"path": "/data"}},
            "null",
            {"files": {"path": "more"}},
        ]


def test_json_has_environments_too():
    assert Config.from_yaml('{"deadline": 1, "environments": {"e": {"deadline": 2}}}', env="e").deadline == 2


def test_a_file_is_read_in_an_environment(tmp_path):
    (tmp_path / "c.yaml").write_text(CONFIG)
    assert Config.read(tmp_path / "c.yaml", env="prod").retry.attempts == 9


# What is wrong


@pytest.mark.parametrize(
    ("text", "env", "told"),
    [
        (CONFIG, "prd", "has no environment 'prd' (did you mean 'prod'?); there are: dev, prod, empty"),
        (CONFIG, "", "has no environment ''; there are: dev, prod, empty"),
        ("deadline: 1", "prod", "has no environment 'prod'; without 'environments' in it, leave out --env"),
        ("{}", "prod", "has no environment 'prod'; without 'environments' in it, leave out --env"),
    ],
)
def test_an_environment_that_is_not_there_is_refused(text, env, told):
    assert str(refusal(text, env)) == f"the config 'c.yaml' {told}"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            "deadlin: 1\nenvironments: [dev]",
            "line 2: environments: must be a valid dictionary, but is of type list",
        ),
        ("environments:", "line 1: environments: must be a valid dictionary, but is None"),
        ("environments: dev", "line 1: environments: must be a valid dictionary, but is 'dev'"),
        ("a: 1\nenviroments: {dev: {}}", "line 2: enviroments: unknown key (did you mean 'environments'?)"),
        ("environments: {1: {}}", "line 1: environments.1: must be a valid string, but is 1"),
        ("environments: {dev: {}}\nenvironments: {e: {}}", "line 2: environments: duplicate key"),
        ("- 1", "a config must be a mapping with the keys reporters, "),
    ],
)
def test_why_there_is_no_such_environment_is_said(text, cause):
    error = refusal(text, "dev")
    assert error.message.startswith("the config 'c.yaml' has no environment ")
    assert "leave out" not in str(error)
    [fault] = map(str, error.faults)
    assert fault.startswith(cause)


def test_a_fault_has_the_line_of_its_value_in_the_section_that_it_is_from():
    text = """\
reporters:
- files: {pth: base}
- {null: {}, label: other, required: maybe}
deadline: 0
retry:
  initial: -1
environments:
  e:
    reporters:
    - "null"
    - console: {strem: x}
    - label: other
      null: {}
    - files:
    retry:
      attempts: 0
      atempts: 1
    deadlin: 1
"""
    error = refusal(text, "e")
    assert error.message == "the config 'c.yaml' cannot be used in the environment 'e'"
    assert [str(fault).partition(";")[0] for fault in error.faults] == [
        "line 2: reporters.0.files.pth: unknown parameter (did you mean 'path'?)",
        "line 3: reporters.1.required: must be true, false, delivered or spooled, but is 'maybe'",
        "line 4: deadline: must be greater than 0, but is 0",
        "line 6: retry.initial: must be greater than or equal to 0, but is -1",
        "line 11: environments.e.reporters.1.console.strem: unknown parameter (did you mean 'stream'?)",
        "line 14: environments.e.reporters.3.files.path: missing",
        "line 16: environments.e.retry.attempts: must be greater than or equal to 1, but is 0",
        "line 17: environments.e.retry.atempts: unknown key (did you mean 'attempts'?)",
        "line 18: environments.e.deadlin: unknown key (did you mean 'deadline'?)",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("environments: [e]", "line 1: environments: must be a valid dictionary, but is of type list"),
        ("environments: {e: 3}", "line 1: environments.e: must be a valid dictionary, but is 3"),
        ("environments: {1: {}}", "line 1: environments.1: must be a valid string, but is 1"),
        ("environments: {a: {}, a: {}}", "line 1: environments.a: duplicate key; keep one"),
    ],
)
def test_environments_of_the_wrong_kind_are_refused_whether_one_is_chosen_or_not(text, told):
    assert faults(text, None) == [told]


def test_an_environment_has_none_of_its_own():
    assert faults("environments: {e: {environments: {f: {}}}}") == [
        "line 1: environments.e.environments: an environment cannot have environments"
    ]


def test_a_mistake_in_another_environment_does_not_matter():
    text = "environments: {e: {deadline: 1}, f: {deadlin: 1, reporters: [nobody]}}"
    assert config("e", text).deadline == 1
    assert len(faults(text, "f")) == 2


# Anything at all

SCALARS = st.none() | st.booleans() | st.integers() | st.text("ab", max_size=2)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
ENTRIES = st.dictionaries(st.sampled_from(["files", "null", None, "label", "required"]), VALUES, max_size=3)
SECTIONS = st.dictionaries(st.text("ab", min_size=1, max_size=2), VALUES, max_size=3) | st.fixed_dictionaries(
    {"reporters": st.lists(ENTRIES | st.sampled_from(["files", "null", "a", "b"]) | SCALARS, max_size=3)},
    optional={"retry": VALUES, "outbox": VALUES, "a": VALUES},
)


def at(value, path):
    for key in path.split(".") if path else ():
        value = value[int(key)] if isinstance(value, list) else value[key if key in value else None]
    return value


def leaves(value, path=""):
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, f"{path}.{key}".removeprefix("."))
    else:
        yield path, value


@given(SECTIONS, SECTIONS)
def test_each_value_is_found_where_it_is_said_to_be_from(base, section):
    document = Document("", "c", {**base, KEY: {"e": section}})
    effective = Effective.of(document, "e")
    for path, value in leaves(effective.value):
        if value not in ({}, []):  # as which a reporter without parameters is merged
            assert at(document.value, effective.origin(path)) == value


@given(SECTIONS)
def test_an_environment_that_says_what_the_base_says_changes_nothing(base):
    document = Document("", "c", {**base, KEY: {"e": base, "none": {}, "null": None}})
    assert Effective.of(document, "none").value == Effective.of(document, "null").value == document.value
    same = Effective.of(document, "e")
    assert {**same.value, "reporters": 0} == {**document.value, "reporters": 0}
    again = Effective.of(Document("", "c", {**same.value, KEY: {"e": base}}), "e")
    assert {**again.value, KEY: 0} == {**same.value, KEY: 0}


@given(SECTIONS, SECTIONS, st.sampled_from(["e", "f", None]))
def test_any_environments_are_a_config_or_refused_with_a_definition_error(base, section, env):
    with contextlib.suppress(DefinitionError):
        Config.from_yaml(yaml.safe_dump({**base, KEY: {"e": section}}), env=env)


@given(st.dictionaries(st.text("ef"), VALUES) | VALUES, st.sampled_from(["e", None]))
def test_whatever_the_environments_are_it_is_a_config_or_refused(sections, env):
    with contextlib.suppress(DefinitionError):
        Config.from_yaml(yaml.safe_dump({KEY: sections}), env=env)
