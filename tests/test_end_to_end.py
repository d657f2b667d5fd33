"""The main job: real machines to a local MLflow store and to a private PostgreSQL, by the command, and back."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient
from mlflow.artifacts import load_text
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter

# MLflow's own store, not ours, asks SQLAlchemy for what that is going to drop.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning")

EXAMPLES = Path(__file__).parents[1] / "examples"
MACHINES = {
    path.stem: Machine.from_json(path.read_bytes()) for path in (EXAMPLES / "machines").glob("*.json")
}
EXPECTED = {
    path.stem: json.loads(path.read_text()) for path in (EXAMPLES / "machines" / "expected").glob("*.json")
}
CONFIG = yaml.safe_load((EXAMPLES / "local.yaml").read_text())
STORE, SERVER = (next(iter(entry.values())) for entry in CONFIG["reporters"])


@pytest.fixture(scope="module")
def report(run, tmp_path_factory):
    """Report the machines as the demo does, and give the receipts; again in the same folder at each call."""
    folder = tmp_path_factory.mktemp("demo")
    patterns = [EXAMPLES / "machines" / "*.json", "--config", EXAMPLES / "local.yaml"]

    def call(*options, status=0):
        newsdesk = Path(sys.executable).with_name("newsdesk")
        return run(newsdesk, "report", *patterns, *options, cwd=folder, status=status)

    call.folder = folder
    return call


@pytest.fixture(scope="module")
def receipts(report):
    return [json.loads(line) for line in report("--json").stdout.splitlines()]


@pytest.fixture
def there(receipts, report, monkeypatch):
    """Stand in the folder where all is delivered: the config's paths are relative."""
    monkeypatch.chdir(report.folder)
    return report.folder


def runs():
    client = MlflowClient(STORE["tracking_uri"])
    found = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    return {run.info.run_name: run for run in found}, len(found)


def test_there_are_four_machines():
    assert len(MACHINES) == 4


def test_each_machine_has_a_receipt_of_each_reporter(receipts):
    found = {(receipt["machine"]["name"], receipt["reporter"]): receipt["status"] for receipt in receipts}
    assert found == {
        (name, reporter): "delivered" for name in MACHINES for reporter in ("mlflow", "postgres")
    }
    assert len(receipts) == 8
    assert all(receipt["reference"] for receipt in receipts)
    assert {receipt["error"] for receipt in receipts} == {None}


def test_a_receipt_names_the_revision_that_was_sent(receipts):
    assert {(r["machine"]["name"], r["revision"]) for r in receipts} == {
        (name, machine.revision) for name, machine in MACHINES.items()
    }


def test_mlflow_has_one_finished_run_for_each_machine_named_by_its_receipt(there, receipts):
    found, count = runs()
    assert found.keys() == MACHINES.keys()
    assert count == len(MACHINES)
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    references = {r["machine"]["name"]: r["reference"] for r in receipts if r["reporter"] == "mlflow"}
    assert all(found[name].info.run_id in reference for name, reference in references.items())


def test_mlflow_has_the_record_as_it_was_sent(there):
    found, _ = runs()
    for name, run in found.items():
        assert load_text(f"{run.info.artifact_uri}/metadata.json").encode() == MACHINES[name].to_json()


@pytest.mark.parametrize("name", EXPECTED)
def test_mlflow_has_exactly_the_expected_items(there, name):
    found, _ = runs()
    run, expected = found[name], EXPECTED[name]
    client = MlflowClient(STORE["tracking_uri"])
    points = [
        (key, point.value, point.step)
        for key in run.data.metrics
        for point in client.get_metric_history(run.info.run_id, key)
    ]
    assert sorted(points) == sorted((key, value, step) for key, value, step in expected["metrics"])
    assert run.data.params == dict(expected["params"])


def test_postgresql_gives_each_machine_back_as_it_was_sent(there):
    with PostgresReporter(**SERVER) as reporter:
        fetched = {
            name: reporter.fetch(name, project_name=machine.project_name)
            for name, machine in MACHINES.items()
        }
    assert fetched == MACHINES
    assert {name: machine.revision for name, machine in fetched.items()} == {
        name: machine.revision for name, machine in MACHINES.items()
    }


def test_the_same_report_again_changes_nothing_and_says_so_in_a_table(there, report):
    before, _ = runs()
    shown = report().stdout
    after, count = runs()
    for machine in MACHINES.values():
        rows = [line for line in shown.splitlines() if str(machine.key) in line]
        assert len([row for row in rows if " mlflow " in row and " unchanged " in row]) == 1
        assert len([row for row in rows if " postgres " in row and " unchanged " in row]) == 1
    assert "mlflow: 4 unchanged" in shown
    assert "postgres: 4 unchanged" in shown
    assert count == len(MACHINES)
    assert {name: run.info.run_id for name, run in after.items()} == {
        name: run.info.run_id for name, run in before.items()
    }


def test_a_rebuilt_machine_gets_a_new_run_and_its_row_is_overwritten(there, run):
    record = MACHINES["ae-4tags"].to_dict()
    record["metadata"]["build_metadata"]["model"]["model_creation_date"] = "2026-11-23 10:00:00.000000+00:00"
    rebuilt = Machine.from_dict(record)
    (there / "rebuilt.json").write_bytes(rebuilt.to_json())
    newsdesk = Path(sys.executable).with_name("newsdesk")
    done = run(newsdesk, "report", "rebuilt.json", "--config", EXAMPLES / "local.yaml", "--json", cwd=there)
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["delivered", "delivered"]
    _, count = runs()
    assert count == len(MACHINES) + 1
    with PostgresReporter(**SERVER) as reporter:
        assert reporter.fetch("ae-4tags") == rebuilt


def test_the_look_of_the_demo_shows_what_is_there(there, run):
    shown = run(sys.executable, EXAMPLES / "look.py", cwd=there).stdout
    for name, machine in MACHINES.items():
        assert f"  {name}: " in shown
        assert f"  {machine.key}: " in shown
