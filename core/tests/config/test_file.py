"""The config file."""

import contextlib
import dataclasses
import json
import os

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk import Config, DefinitionError, Retry, Status
from newsdesk.builtin.console import ConsoleReporter
from newsdesk.builtin.files import FilesReporter
from newsdesk.builtin.null import NullReporter
from newsdesk.config.model import ConfigModel
from newsdesk.delivery.desk import DEADLINE

KEYS_OF_CONFIG = [key.name for key in dataclasses.fields(ConfigModel)]

WHOLE = """
# all that a config may say
reporters:
- console
- files: {path: reports}
  required: false
  label: disk
retry: {attempts: 3, initial: 0.1, maximum: 2}
deadline: 30
allow_import_paths: [my_company]
plugins: []
"""


def faults(text):
    with pytest.raises(DefinitionError) as caught:
        Config.from_yaml(text)
    return [str(fault) for fault in caught.value.faults]


def fault(text):
    (only,) = faults(text)
    return only


def test_a_whole_config():
    config = Config.from_yaml(WHOLE)
    assert [(route.label, route.reporter, route.required) for route in config.routes] == [
        ("console", ConsoleReporter(), True),
        ("disk", FilesReporter(path="reports"), False),
    ]
    assert (config.retry, config.deadline) == (Retry(3, 0.1, 2), 30)
    assert (config.allow_import_paths, config.plugins) == (("my_company",), ())


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "reporters: []", "null"])
def test_everything_may_be_left_out(text):
    config = Config.from_yaml(text)
    assert (config.routes, config.retry, config.deadline) == ((), Retry(), DEADLINE)
    assert (config.allow_import_paths, config.outbox, config.plugins) == (None, None, ())


@pytest.mark.parametrize("entry", ["null", "~", "'null'", "null: {}", "null:", "", "NullReporter"])
def test_a_bare_null_is_the_reporter_null(entry):
    entry = "newsdesk.builtin.null.NullReporter" if entry == "NullReporter" else entry
    (route,) = Config.from_yaml(f"reporters:\n- {entry}\n").routes
    assert route.reporter == NullReporter()


def test_two_of_one_name_are_numbered():
    labels = [route.label for route in Config.from_yaml("reporters: [null, null]").routes]
    assert labels == ["null", "null#2"]


def test_a_label_that_stands_twice_is_told_with_its_line():
    text = "reporters:\n- nul\n- files: {path: a}\n  label: x\n- files: {path: b}\n  label: x\n"
    with pytest.raises(DefinitionError) as caught:
        Config.from_yaml(text, name="a.yaml")
    _, unknown, shared = str(caught.value).splitlines()
    assert "line 2: reporters.0: there is no reporter 'nul'" in unknown
    assert shared == (
        "  - line 6: reporters.2.label: reporters.1 has the label 'x' too; labels must be unique"
    )


def test_with_an_outbox_two_of_one_kind_need_labels():
    """Else, once the first is deleted, what was owed to it would be sent to the second."""
    text = "outbox: owed.db\nreporters:\n- files: {path: a}\n- files: {path: b}\n"
    assert fault(text) == (
        "line 4: reporters.1.label: with an outbox, two reporters of one kind ('files') need labels; give each a 'label'"
    )
    labelled = text.replace("path: b}", "path: b}\n  label: b")
    assert [route.label for route in Config.from_yaml(labelled).routes] == ["files", "b"]


def test_references_are_kept_as_they_are_and_need_not_resolve(monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    (route,) = Config.from_yaml("reporters: [{files: {path: '${env:NOT_SET}/x'}}]").routes
    assert route.reporter.to_dict() == {"files": {"path": "${env:NOT_SET}/x"}}


def test_a_default_stays_in_the_definition_and_one_that_is_none_is_told_with_its_line():
    (route,) = Config.from_yaml("reporters: [{files: {path: '${env:NOT_SET:-out}/x'}}]").routes
    assert route.reporter.to_dict() == {"files": {"path": "${env:NOT_SET:-out}/x"}}
    assert fault("reporters:\n- files:\n    path: ${env:A:-${env:B}}\n") == (
        "line 3: reporters.0.files.path: ${env:A:-…}: a default must not contain braces, so no reference"
    )


def test_its_desk_does_what_it_says(tmp_path):
    config = Config.from_yaml(f"reporters: [{{files: {{path: {json.dumps(str(tmp_path))}}}, label: disk}}]")
    with config.desk() as desk:
        (receipt,) = desk.report({"name": "a"})
    assert (receipt.reporter, receipt.status) == ("disk", Status.DELIVERED)


def test_json_is_yaml():
    assert Config.from_yaml(json.dumps({"reporters": ["null"], "deadline": 5})).deadline == 5


# What is wrong.


def test_all_faults_are_told_at_once_with_their_lines():
    with pytest.raises(DefinitionError) as caught:
        Config.from_yaml(
            "reporters:\n"
            "- fils\n"
            "- files: {pth: x}\n"
            "- files:\n"
            "    path: 3\n"
            "  required: maybe\n"
            "retry:\n"
            "  attempts: 0\n"
            "  atempts: 3\n"
            "deadlin: 5\n"
            "deadline: 0\n",
            name="my.yaml",
        )
    told = str(caught.value).splitlines()
    assert told[0] == "the config 'my.yaml' cannot be used"
    expected = [
        "line 2: reporters.0: there is no reporter 'fils' (did you mean 'files'?); installed are: ",
        "line 3: reporters.1.files.path: missing; FilesReporter requires it",
        "line 3: reporters.1.files.pth: unknown parameter (did you mean 'path'?); FilesReporter takes path",
        "line 6: reporters.2.required: must be true, false, delivered or spooled, but is 'maybe'",
        "line 8: retry.attempts: must be greater than or equal to 1, but is 0",
        "line 9: retry.atempts: unknown key (did you mean 'attempts'?); there are: attempts, initial, maximum",
        "line 10: deadlin: unknown key (did you mean 'deadline'?); there are: reporters, retry, deadline",
        "line 11: deadline: must be greater than 0, but is 0",
    ]
    assert [
        line.removeprefix("  - ")[: len(text)] for line, text in zip(told[1:], expected, strict=True)
    ] == (expected)


def test_a_parameter_of_the_wrong_type_is_told_with_its_line():
    assert fault("reporters:\n- files:\n    path: 3\n").startswith("line 3: reporters.0.files.path: must be ")


def test_a_key_that_stands_twice_is_refused():
    assert fault("deadline: 1\ndeadline: 2\n") == "line 2: deadline: duplicate key; keep one"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("deadline: soon", "line 1: deadline: must be a valid number, but is 'soon'"),
        ("deadline: 1e3", "line 1: deadline: must be a valid number, but is '1e3'; write 1000.0"),
        ("deadline: 1.2.3e3", "line 1: deadline: must be a valid number, but is '1.2.3e3'"),
        ("deadline: true", "line 1: deadline: must be a valid number, but is True"),
        ("deadline: .nan", "line 1: deadline: must be greater than 0, but is nan"),
        ("deadline: '5'", "line 1: deadline: must be a valid number, but is '5'"),
        ("deadline: [5]", "line 1: deadline: must be a valid number, but is of type list"),
        ("retry: 3", "line 1: retry: must be a mapping, but is 3"),
        ("retry: {attempts: 2.5}", "line 1: retry.attempts: must be a valid integer, but is 2.5"),
        ("retry: {initial: -1}", "line 1: retry.initial: must be greater than or equal to 0, but is -1"),
        ("outbox: {drain: 3}", "line 1: outbox.path: missing; outbox requires it"),
        ("reporters:", "line 1: reporters: must be a valid list, but is None"),
        ("reporters: console", "line 1: reporters: must be a valid list, but is 'console'"),
        ("reporters: {files: {path: x}}", "line 1: reporters: must be a valid list, but is of type dict"),
        ("allow_import_paths: [1]", "line 1: allow_import_paths.0: must be a valid string, but is 1"),
        ("1: 2", "line 1: 1: a key must be a string, but is 1"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told(text, told):
    assert fault(text) == told


@pytest.mark.parametrize("text", ["- console", "console", "7", "2020-01-01"])
def test_a_document_that_is_no_mapping_is_told(text):
    assert fault(text) == f"a config must be a mapping with the keys {', '.join(KEYS_OF_CONFIG)}"


def test_an_entry_of_the_wrong_form_is_told():
    told = faults("reporters:\n- 7\n- {files: {path: x}, console: {}}\n- {label: x}\n")
    assert [text[: text.index(";")] for text in told] == [
        "line 2: reporters.0: not a reporter definition: of type int",
        "line 3: reporters.1: a definition names one reporter, but this has the keys 'files', 'console'",
        "line 4: reporters.2: there is no reporter beside 'label'",
    ]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("files:\n  path: out", "indent 'path' under 'files'"),
        ("files:\n  path: out\n  required: false", "indent 'path' under 'files'"),
        ("path: out\n  files:", "indent 'path' under 'files'"),
        ("postgres: {host: db}\n  user: me\n  port: 1", "indent 'user', 'port' under 'postgres'"),
    ],
)
def test_a_parameter_beside_its_reporter_is_to_be_indented(entry, told):
    assert fault(f"reporters:\n- {entry}") == (
        f"line 2: reporters.0: {told}; only required, spool, label, redact, when go beside a reporter"
    )


def test_faults_of_redact_and_when_have_their_lines():
    assert faults(
        """
reporters:
- when: {project_name: 7}
  redact:
  - dataset.password
  - name
  - a..b
  files: {path: x}
- console:
  redact: dataset.password
  label: c
- "null":
  when: []
"""
    ) == [
        "line 3: reporters.0.when.project_name: must be a text in which * is any text, or a list of them, but is 7; "
        "quote it",
        "line 6: reporters.0.redact.1: 'name' identifies the machine, so it cannot be redacted; remove it, or use "
        "'when'",
        "line 7: reporters.0.redact.2: the path 'a..b' has no key at character 3; remove a dot, or quote the key",
        "line 10: reporters.1.redact: must be a list of paths, whose values the reporter does not see, but is "
        "'dataset.password'",
        "line 13: reporters.2.when: must be a mapping of paths to texts with *, which a machine must fit to be sent, "
        "but is of type list",
    ]


def test_redact_and_when_are_options_beside_a_reporter():
    config = Config.from_yaml(
        """
reporters:
- when: {project_name: "north-*"}
  files: {path: x}
  redact: [dataset.password, "**.token"]
"""
    )
    [route] = config.routes
    assert [path.text for path in route.redact.paths] == ["dataset.password", "**.token"]
    assert str(route.when) == "project_name: north-*"


def test_a_fault_of_a_reporter_as_a_whole_ends_in_no_dot(distribution):
    """For example of `postgres`, which wants a `url` or a `host`."""
    source = """
        from newsdesk import BaseReporter, DefinitionError
        from newsdesk.exceptions import Fault

        class Choosy(BaseReporter):
            def __init__(self, url: str = "", host: str = "") -> None:
                if bool(url) == bool(host):
                    raise DefinitionError("no", [Fault("", "give one of url and host")])

            def report(self, machine): ...
    """
    distribution("choosy", {"choosy": source})
    assert fault("reporters:\n- choosy.Choosy: {url: x, host: y}") == (
        "line 2: reporters.0.choosy.Choosy: give one of url and host"
    )
    assert fault("reporters:\n- choosy.Choosy") == "line 2: reporters.0: give one of url and host"


def test_import_paths_outside_of_what_is_allowed_are_refused():
    text = "reporters:\n- newsdesk.builtin.null.NullReporter\nallow_import_paths: [my_company]\n"
    assert fault(text) == (
        "line 2: reporters.0: the import path 'newsdesk.builtin.null.NullReporter' is not allowed here; "
        "allowed are: my_company"
    )


def test_an_outbox_that_is_needed_and_not_there_is_told():
    assert fault("reporters: [{null: {}, required: spooled}]") == (
        "line 1: reporters.0.required: 'required: spooled' needs an outbox; configure one with 'outbox'"
    )


@pytest.mark.parametrize("outbox", ["'${env:HOME}/owed.db'", "{path: '${HOME}/owed.db'}"])
def test_a_reference_in_the_outboxs_path_is_refused_since_it_is_not_resolved(outbox):
    assert fault(f"outbox: {outbox}") == (
        "line 1: outbox.path: references are resolved in the parameters of reporters only; write the path"
    )


def test_a_value_that_may_hold_a_secret_is_not_shown():
    assert "hunter2" not in "".join(
        faults("retry: {password: hunter2}\nreporters: [{a: {password: hunter2}}]")
    )


def test_a_file_is_read(tmp_path):
    (tmp_path / "c.yaml").write_text("deadline: 5", encoding="utf-8-sig")
    assert Config.read(tmp_path / "c.yaml").deadline == 5


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "invalid start byte at byte 0; save it as UTF-8"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has other words")
def test_a_file_that_cannot_be_read_is_told(tmp_path, make, reason):
    path = tmp_path / "c.yaml"
    make(path)
    with pytest.raises(DefinitionError) as caught:
        Config.read(path)
    assert str(caught.value).startswith(f"cannot read the config {str(path)!r}: {reason}")


# Anything at all.

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.dates()
    | st.sampled_from(
        ["console", "files", "null", "mlflow", "os.system", "newsdesk.Machine", "${env:X}", "a.b"]
    )
)
KEYS = SCALARS | st.sampled_from(
    [*KEYS_OF_CONFIG, "files", "console", "path", "required", "label", "spool", "attempts"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = VALUES | st.dictionaries(KEYS, VALUES, max_size=4)


def read(text):
    """Read a config, or have it refused as it must be: with a DefinitionError, and nothing else."""
    with contextlib.suppress(DefinitionError):
        Config.from_yaml(text)


@given(DOCUMENTS)
def test_any_yaml_document_is_a_config_or_refused_with_a_definition_error(document):
    read(yaml.safe_dump(document))


@given(st.dictionaries(st.sampled_from([*KEYS_OF_CONFIG]), VALUES))
def test_any_values_of_the_right_keys_are_a_config_or_refused(document):
    read(yaml.safe_dump(document))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=8,
    )
)
def test_any_json_document_is_a_config_or_refused(document):
    read(json.dumps(document))


@given(st.text())
@example("deadline: 1" + "0" * 400)
@example("deadline: 1" + "0" * 5000)
@example("reporters: " + "[" * 200 + "]" * 200)
@example("reporters: [{files: {path: " + "[" * 200 + "]" * 200 + "}}]")
def test_any_text_is_a_config_or_refused(text):
    read(text)


@pytest.mark.parametrize("depth", range(50, 1000, 50))
def test_values_of_any_depth_are_read_or_refused(depth):
    read("reporters: [{files: {path: " + "[" * depth + "]" * depth + "}}]")


def test_a_desk_of_other_reporters_has_the_settings_of_the_config():
    config = Config.from_yaml("reporters: [console]\ndeadline: 7\nretry: {attempts: 2}\n")
    with config.desk(["null"]) as desk:
        assert ([route.label for route in desk.routes], desk.deadline) == (["null"], 7)
    with config.desk([]) as desk:
        assert desk.routes == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("environments: {dev: 'postgresql://u:SEKRET@h/x'}", "but is 'postgresql://u:***@h/x'"),
        ("deadline: 'https://u:SEKRET@h'", "but is 'https://u:***@h'"),
        ("outbox: {path: 's3://b/p', options: {aws_secret_access_key: 918273645546}}", "but is of type int"),
        ("outbox: {path: 's3://b/p', options: {token: [SEKRET]}}", "but is of type list"),
    ],
)
def test_a_fault_shows_no_secret(text, shown):
    told = fault(text)
    assert told.endswith(shown)
    assert "SEKRET" not in told
