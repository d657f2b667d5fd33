"""Machines from files: JSON, JSON Lines or YAML, one or many."""

import io
import json
import os
import threading

import click
import pytest
from newsdesk.cli.inputs import _spooled

A, B, C = ({"name": name, "project_name": "north"} for name in "abc")


@pytest.fixture
def names(newsdesk):
    """The names of the machines that the command finds in its arguments, in order."""

    def names(*arguments, stdin=None):
        told = newsdesk("plan", *arguments, "--to", "null", "--json", stdin=stdin).stdout
        return [json.loads(line)["machine"]["name"] for line in told.splitlines()]

    return names


@pytest.fixture
def refused(newsdesk, folder):
    """What the command says of input that it cannot use; nothing is sent then."""

    def refused(*arguments, stdin=None):
        result = newsdesk("report", *arguments, "--to", "{files: {path: out}}", code=2, stdin=stdin)
        assert result.stdout == ""
        assert not (folder / "out").exists()
        return result.stderr

    return refused


YAML = """
name: a
project_name: north
dataset:
  train_start_date: 2020-01-01
  train_end_date: 2020-03-01 00:00:00+00:00
"""


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("one.json", A, "a"),
        ("many.json", [A, B, C], "abc"),
        ("pretty.json", json.dumps([A, B], indent=2), "ab"),
        ("lines.jsonl", "\n".join(map(json.dumps, [A, B, C])), "abc"),
        ("lines.ndjson", "\n".join(map(json.dumps, [A, B, C])), "abc"),
        ("lines.json", "\n\n".join(map(json.dumps, [A, B, C])) + "\n", "abc"),
        ("LINES.JSONL", json.dumps(A), "a"),
        ("lists.jsonl", f"{json.dumps([A, B])}\n{json.dumps(C)}", "abc"),
        ("no suffix", A, "a"),
        ("one.yaml", YAML, "a"),
        ("many.yml", "- {name: a}\n- {name: b}\n", "ab"),
        ("documents.yaml", "name: a\n---\nname: b\n---\n- name: c\n", "abc"),
        ("none.json", [], ""),
        ("none.jsonl", "", ""),
    ],
)
def test_a_file_is_read_by_its_suffix_or_by_what_it_turns_out_to_be(names, write, file, content, expected):
    assert "".join(names(write(file, content))) == expected


def test_pythons_bare_nan_is_read(names, write):
    assert names(write("nan.json", '{"name": "a", "metadata": {"loss": NaN}}')) == ["a"]


def test_dates_in_yaml_become_text(newsdesk, write, folder):
    newsdesk("report", write("a.yaml", YAML), "--to", "{files: {path: out}}")
    assert json.loads((folder / "out/north/a.json").read_bytes())["dataset"] == {
        "train_start_date": "2020-01-01",
        "train_end_date": "2020-03-01T00:00:00+00:00",
    }


def test_what_the_files_reporter_wrote_is_read_back(newsdesk, names, records, folder):
    newsdesk("report", *records, "--to", "{files: {path: out}}")
    (folder / "out" / ".hidden.json").write_text("rubbish")
    assert len(names("out")) == len(records) == 4
    newsdesk("report", "out", "--to", "{files: {path: again}}")
    written = sorted(path.read_bytes() for path in (folder / "out").rglob("[!.]*.json"))
    assert sorted(path.read_bytes() for path in (folder / "again").rglob("*.json")) == written


def test_patterns_are_expanded_by_the_command_also_where_the_shell_does_not(names, write, folder):
    for name in "ab":
        write(f"{name}.json", {"name": name})
    (folder / "deep" / "er").mkdir(parents=True)
    write("deep/er/c.json", {"name": "c"})
    assert names("[ab].json") == ["a", "b"]
    assert names("**/*.json") == ["a", "b", "c"]
    assert names("d*") == ["c"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(names, write):
    write("1.json", {"name": "other"})
    assert names(write("[1].json", {"name": "a"})) == ["a"]


@pytest.mark.parametrize("text", [json.dumps([A, B]), f"{json.dumps(A)}\n{json.dumps(B)}\n"])
def test_a_dash_is_standard_input(names, text):
    assert names("-", stdin=text) == ["a", "b"]


def test_standard_input_is_kept_no_longer_than_the_command_runs(names, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names("-", stdin=json.dumps(A))
    assert list(tmp_path.glob("newsdesk-*")) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_read_once_and_used_as_often_as_needed(names, folder):
    os.mkfifo(folder / "pipe")
    threading.Thread(target=lambda: (folder / "pipe").write_text(json.dumps([A, B])), daemon=True).start()
    assert names("pipe") == ["a", "b"]


def test_all_files_that_are_missing_are_named(refused, write, folder):
    (folder / "empty").mkdir()
    told = refused("nowhere.json", write("a.json", A), "no*.json", "empty")
    assert told.splitlines()[-1] == (
        "Error: there is no file 'nowhere.json'; no file matches 'no*.json'; the folder 'empty' holds no *.json"
    )


@pytest.mark.parametrize("name", ["table.csv", "README.md", "noext", "table.json"])
@pytest.mark.parametrize("text", ["name,project\na,north\n", "# Machines\n\n- a\n", "name,project"])
def test_a_file_of_another_kind_is_reported_briefly(refused, write, name, text):
    assert f"\n  - {name}: not JSON, JSON Lines or YAML\n" in refused(write(name, text))


def test_all_records_that_are_no_machines_are_told_with_their_places(refused, write):
    write("list.json", [A, {"name": ""}, 7])
    write("lines.jsonl", f"{json.dumps(A)}\n{json.dumps({'name': 'b', 'model': []})}")
    write("documents.yaml", "name: a\n---\nproject_name: x\n")
    assert refused("list.json", "lines.jsonl", "documents.yaml").splitlines() == [
        "Error: the input has errors; nothing was sent",
        "  - list.json, item 2: name: must be a non-empty string, but is empty",
        "  - list.json, item 3: a record must be a mapping, but is of type int",
        "  - lines.jsonl, line 2: model: must be a mapping, but is of type list",
        "  - documents.yaml, document 2: name: must be a non-empty string, but is missing",
    ]


def test_a_fault_of_many_records_is_one_message_with_a_count_and_three_places(refused, write):
    write("many.json", [A, *[{"project_name": "x"}] * 40, {"name": "b", "model": 3}])
    assert refused("many.json").splitlines() == [
        "Error: the input has errors; nothing was sent",
        "  - many.json, item 2, many.json, item 3, many.json, item 4 and 37 more: "
        "name: must be a non-empty string, but is missing",
        "  - many.json, item 42: model: must be a mapping, but is of type int",
    ]


def test_a_key_that_stands_twice_in_one_object_is_told_with_its_place(refused, write):
    twice = '{"name": "a", "name": "b", "metadata": {"x": [{"y": 1, "z": 2, "y": 3}]}}'
    write("twice.json", twice)
    write("list.json", f"[{json.dumps(A)}, {twice}]")
    write("lines.jsonl", f"{json.dumps(A)}\n{twice}")
    write("a.yaml", "name: a\nmetadata:\n  x: {y: 1}\n  x: {y: 2}\n")
    told = refused("twice.json", "list.json", "lines.jsonl", "a.yaml", write("once.json", A)).splitlines()
    why = "duplicate key; keep one"
    assert told == [
        "Error: the input has errors; nothing was sent",
        f"  - twice.json: name: {why}",
        f"  - twice.json: metadata.x.0.y: {why}",
        f"  - list.json: 1.name: {why}",
        f"  - list.json: 1.metadata.x.0.y: {why}",
        f"  - lines.jsonl, line 2: name: {why}",
        f"  - lines.jsonl, line 2: metadata.x.0.y: {why}",
        "  - a.yaml: not valid YAML: line 4, column 3: duplicate key 'x'; keep one",
    ]


def test_what_is_merged_into_a_mapping_of_yaml_may_have_its_keys(names, write):
    text = "- &a {name: a, project_name: x}\n- &b {<<: *a, name: b}\n- {<<: *b, name: c}\n"
    assert names(write("merged.yaml", text)) == ["a", "b", "c"]


@pytest.mark.parametrize("levels", [300, 990, 5_000])
def test_keys_that_stand_twice_in_what_is_nested_too_deeply_raise_nothing_strange(refused, write, levels):
    text = '{"name": "a", "x": ' + '{"a": 1, "a": ' * levels + "1" + "}" * levels + "}"
    told = refused(write("deep.json", text))
    assert told.startswith("Error: the input has errors; nothing was sent\n  - deep.json: ")
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("a.json", '{"name": ', "not valid JSON: "),
        ("empty.json", "", "the file is empty\n"),
        ("blank.json", " \n\n", "the file is empty\n"),
        ("a.jsonl", '{"name": "a"}\n{"name"\n', "line 2 is not valid JSON: "),
        ("lines.json", '{"name": "a"}\n{"name"\n', "line 2 is not valid JSON: "),
        ("pretty.json", '{\n "name": "a",\n "model" {}\n}', "not valid JSON: "),
        ("pretty.json", '\ufeff{\n "name": "a",\n "model" {}\n}', "not valid JSON: "),
        ("a.yaml", "name: [a", "not valid YAML: "),
        ("a.yaml", "name: a\nmodel: !!bool maybe", "not valid YAML: "),
        ("a.yaml", "name: !!timestamp never", "not valid YAML: "),
        ("binary.json", "\x00\x01", "not JSON, JSON Lines or YAML\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_others_are_looked_at_too(
    refused, write, file, content, message
):
    told = refused(write(file, content), write("bad.json", {}))
    assert f"  - {file}: {message}" in told
    assert "  - bad.json: name: must be a non-empty string, but is missing" in told


@pytest.mark.usefixtures("permissions")
def test_a_file_without_permission_is_told(refused, write, folder):
    write("locked.json", A)
    (folder / "locked.json").chmod(0)
    assert "  - locked.json: cannot be read: Permission denied" in refused("locked.json")


def test_a_record_in_a_files_place_is_told_and_cut_short(newsdesk):
    told = newsdesk("report", '{"name": "' + "x" * 5000 + '"}', "--to", "null", code=2).stderr
    assert told.endswith("xxx…' cannot be opened: File name too long\n")
    assert len(told) < 500


@pytest.mark.usefixtures("permissions")
def test_a_folder_that_may_not_be_looked_into_is_told(newsdesk, write, folder):
    (folder / "locked").mkdir()
    write("locked/a.json", A)
    (folder / "locked").chmod(0)
    told = newsdesk("plan", "locked/a.json", code=2).stderr
    assert "'locked/a.json' cannot be opened: Permission denied" in told


def test_a_signal_at_any_time_leaves_no_copy_of_standard_input(tmp_path, monkeypatch):
    create, temporary = os.open, tmp_path / "temporary"
    temporary.mkdir()

    def stopped(*arguments):
        os.close(create(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with click.Context(click.Command("report")), monkeypatch.context() as patch:
        patch.setattr("os.open", stopped)
        with pytest.raises(KeyboardInterrupt):
            _spooled(io.BytesIO(b"{}"))
        assert [file.stat().st_mode & 0o777 for file in temporary.iterdir()] == [0o600]
    assert list(temporary.iterdir()) == []
