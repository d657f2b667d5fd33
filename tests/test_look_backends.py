"""`newsdesk list` and `newsdesk show` with what real backends hold."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from newsdesk import Machine

pytestmark = pytest.mark.large

NEWSDESK = Path(sys.executable).with_name("newsdesk")
EXAMPLES = sorted((Path(__file__).parents[1] / "examples" / "machines").glob("*.json"))


@pytest.fixture(params=["mlflow", "postgres"])
def backend(request, tmp_path):
    """A config of a real backend, with the label `backend`, and of a folder."""
    key = {"mlflow": "tracking_uri", "postgres": "url"}[request.param]
    url = request.getfixturevalue(f"{request.param}_server").url
    reporters = [
        {request.param: {key: url}, "label": "backend"},
        {"files": {"path": "archive"}, "label": "archive"},
    ]
    (tmp_path / "newsdesk.yaml").write_text(json.dumps({"reporters": reporters}))
    return request.param


@pytest.fixture
def machines(backend, tmp_path, run):
    """The four real machines, in a project of their own, in both."""
    records = [json.loads(path.read_bytes()) | {"project_name": f"look-{backend}"} for path in EXAMPLES]
    (tmp_path / "machines.json").write_text(json.dumps(records))
    run(NEWSDESK, "report", "machines.json", cwd=tmp_path)
    return [Machine.from_dict(record) for record in records]


def listed(run, tmp_path, label, project, *options):
    done = run(NEWSDESK, "list", "--from", label, "--project", project, *options, "--json", cwd=tmp_path)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_backend_lists_what_a_folder_lists(run, tmp_path, backend, machines):
    project = f"look-{backend}"
    ours = listed(run, tmp_path, "archive", project, "--sort", "name")
    theirs = listed(run, tmp_path, "backend", project, "--sort", "name")
    assert [entry["machine"]["name"] for entry in ours] == [path.stem for path in EXAMPLES]
    assert [entry["revision"] for entry in ours] == [machine.revision for machine in machines]
    assert theirs == [
        entry
        | {
            "stored": other["stored"],
            "reference": other["reference"],
            "scores": pytest.approx(entry["scores"], rel=1e-12),
        }
        for entry, other in zip(ours, theirs, strict=True)
    ]
    assert all(entry["stored"] and entry["reference"] for entry in theirs)
    done = run(
        *(NEWSDESK, "list", "--from", "backend", "--project", project, "--csv"),
        *("--sort", "r2-score", "--worst-first", "--limit", "3"),
        cwd=tmp_path,
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["name"] for row in rows] == ["ae-4tags", "diff-20tags", "sk-20tags"]


def test_a_machine_of_a_backend_is_shown_and_its_record_is_the_one_that_was_reported(
    run, tmp_path, backend, machines
):
    for machine in machines:
        name = f"{machine.key}@backend"
        assert (
            run(NEWSDESK, "show", name, "--json", cwd=tmp_path).stdout.encode() == machine.to_json() + b"\n"
        )
        page = run(NEWSDESK, "show", name, cwd=tmp_path).stdout
        archived = run(NEWSDESK, "show", f"{machine.key}@archive", cwd=tmp_path).stdout
        assert page == archived.replace("read from   archive\n", "read from   backend\n")
        assert page.startswith(f"{machine.key}\n")
    places = run(NEWSDESK, "show", name, "--everywhere", cwd=tmp_path).stdout.partition("Where it is\n")[2]
    assert [
        line.split()[:3] for line in places.splitlines() if line[2:].startswith(("backend", "archive"))
    ] == [
        ["backend", "this", "revision"],
        ["archive", "this", "revision"],
    ]


def test_an_older_revision_is_listed_and_shown_where_the_backend_keeps_it(run, tmp_path, backend, machines):
    old = machines[0]
    new = old.to_dict()
    new["metadata"]["user_defined"]["note"] = "rebuilt"
    (tmp_path / "new.json").write_text(json.dumps(new))
    run(NEWSDESK, "report", "new.json", "--to", "backend", cwd=tmp_path)
    every = listed(run, tmp_path, "backend", f"look-{backend}", "--all-revisions")
    revisions = [entry["revision"] for entry in every if entry["machine"]["name"] == old.name]
    newest = Machine.from_dict(new).revision
    name = f"{old.key}@backend"
    shown = json.loads(run(NEWSDESK, "show", name, "--json", cwd=tmp_path).stdout)
    assert shown["metadata"]["user_defined"]["note"] == "rebuilt"
    if backend == "mlflow":
        assert revisions == [newest, old.revision]
        older = run(NEWSDESK, "show", f"{name}#{old.revision[:7]}", "--json", cwd=tmp_path).stdout
        assert older.encode() == old.to_json() + b"\n"
    else:
        assert revisions == [newest]
        told = run(NEWSDESK, "show", f"{name}#{old.revision[:7]}", cwd=tmp_path, status=1).stderr
        assert f"has no revision '{old.revision[:7]}'" in told


@pytest.mark.parametrize(
    "definition",
    [
        "{mlflow: {tracking_uri: 'http://127.0.0.1:9'}}",
        "{postgres: {url: 'postgresql://postgres@127.0.0.1:9/postgres'}}",
    ],
)
def test_an_outage_is_neither_an_empty_list_nor_a_missing_machine(run, tmp_path, definition):
    (tmp_path / "newsdesk.yaml").write_text("retry: {attempts: 1}")
    for arguments in (["list"], ["show", "pump"]):
        result = run(NEWSDESK, *arguments, "--from", definition, cwd=tmp_path, status=4)
        assert "cannot connect to" in result.stderr
        assert result.stdout == ""
