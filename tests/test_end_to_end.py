"""End to end: real machines to a local MLflow store and a private PostgreSQL with the command, and back."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter

EXAMPLES = Path(__file__).parents[1] / "examples"
MACHINES = {
    path.stem: Machine.from_json(path.read_bytes()) for path in (EXAMPLES / "machines").glob("*.json")
}
EXPECTED = {
    path.stem: json.loads(path.read_text()) for path in (EXAMPLES / "machines" / "expected").glob("*.json")
}
CONFIG = yaml.safe_load((EXAMPLES / "local.yaml").read_text())
STORE, SERVER = (next(iter(entry.values())) for entry in CONFIG["reporters"])
REPORTERS = ("mlflow", "postgres")

# Reads the whole store with MLflow's client, in a separate process without newsdesk.
READ = """
import json, sys
from mlflow import MlflowClient
from mlflow.artifacts import load_text

client = MlflowClient(sys.argv[1])
experiments = [experiment.experiment_id for experiment in client.search_experiments()]

def read(run):
    history = [point for key in run.data.metrics for point in client.get_metric_history(run.info.run_id, key)]
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "metrics": sorted([point.key, point.value, point.step] for point in history),
        "params": run.data.params,
        "record": load_text(f"{run.info.artifact_uri}/metadata.json"),
    }

print(json.dumps({run.info.run_id: read(run) for run in client.search_runs(experiments)}))
"""


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """Use one working folder for all tests: the paths in the config are relative."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("demo")
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def report(run, there):
    """Report the machines as the demo does, and any others given."""

    def call(*arguments):
        newsdesk = Path(sys.executable).with_name("newsdesk")
        config = ["--config", EXAMPLES / "local.yaml"]
        return run(newsdesk, "report", EXAMPLES / "machines" / "*.json", *arguments, *config, cwd=there)

    return call


@pytest.fixture(scope="module")
def receipts(report):
    """Report for the first time; return the receipts by machine and reporter."""
    made = [json.loads(line) for line in report("--json").stdout.splitlines()]
    assert len(made) == len(MACHINES) * len(REPORTERS)
    return {(receipt["machine"]["name"], receipt["reporter"]): receipt for receipt in made}


@pytest.fixture(scope="module")
def rows(receipts):
    """Read back from PostgreSQL, after the first report."""
    with PostgresReporter(**SERVER) as reporter:
        return {
            name: reporter.fetch(name, project_name=machine.project_name)
            for name, machine in MACHINES.items()
        }


@pytest.fixture(scope="module")
def rebuilt(there):
    """A rebuilt machine: same name, another record."""
    record = MACHINES["ae-4tags"].to_dict()
    record["metadata"]["build_metadata"]["model"]["model_creation_date"] = "2026-11-23 10:00:00.000000+00:00"
    machine = Machine.from_dict(record)
    (there / "rebuilt.json").write_bytes(machine.to_json())
    return machine


@pytest.fixture(scope="module")
def again(rows, report, rebuilt):
    """Report the same machines and the rebuilt one again."""
    return report("rebuilt.json")


@pytest.fixture(scope="module")
def runs(again, run, there):
    """Read everything back from MLflow, after both reports."""
    return json.loads(run(sys.executable, "-c", READ, STORE["tracking_uri"], cwd=there).stdout)


@pytest.fixture(scope="module")
def first_runs(runs, receipts):
    """Return the runs referenced by the receipts of the first report, by machine."""
    return {
        name: next(run for run_id, run in runs.items() if run_id in receipts[name, "mlflow"]["reference"])
        for name in MACHINES
    }


def test_there_are_four_machines_and_three_of_them_with_expected_items():
    assert len(MACHINES) == 4
    assert len(EXPECTED) == 3
    assert EXPECTED.keys() < MACHINES.keys()


def test_each_machine_has_a_receipt_of_each_reporter(receipts):
    assert receipts.keys() == {(name, reporter) for name in MACHINES for reporter in REPORTERS}
    assert {receipt["status"] for receipt in receipts.values()} == {"delivered"}
    assert {receipt["error"] for receipt in receipts.values()} == {None}
    assert {receipt["attempts"] for receipt in receipts.values()} == {1}
    assert all(receipt["reference"] for receipt in receipts.values())


def test_a_receipt_names_the_revision_that_was_sent(receipts):
    assert {name: receipt["revision"] for (name, _), receipt in receipts.items()} == {
        name: machine.revision for name, machine in MACHINES.items()
    }


@pytest.mark.parametrize("name", MACHINES)
def test_postgresql_gives_each_machine_back_as_it_was_sent(rows, name):
    assert rows[name] == MACHINES[name]
    assert rows[name].revision == MACHINES[name].revision


@pytest.mark.parametrize("name", MACHINES)
def test_mlflow_has_a_finished_run_with_the_record_as_it_was_sent(first_runs, name):
    assert first_runs[name]["name"] == name
    assert first_runs[name]["status"] == "FINISHED"
    assert first_runs[name]["record"].encode() == MACHINES[name].to_json()


@pytest.mark.parametrize("name", EXPECTED)
def test_mlflow_has_exactly_the_expected_items(first_runs, name):
    assert first_runs[name]["metrics"] == sorted(EXPECTED[name]["metrics"])
    params = first_runs[name]["params"]
    assert dict(EXPECTED[name]["params"]).items() <= params.items()
    added = params.keys() - dict(EXPECTED[name]["params"])  # the model's definition, which gordo does not log
    assert {key.partition(".")[0] for key in added} == {"model"}


@pytest.mark.parametrize("reporter", REPORTERS)
def test_the_same_report_again_is_unchanged_and_a_rebuilt_machine_is_delivered(again, reporter):
    statuses = {}
    for line in again.stderr.splitlines():
        for machine in MACHINES.values():
            if line.startswith(f"{machine.key} at {reporter}: "):
                statuses.setdefault(machine.name, []).append(line.split(": ")[1])
    assert statuses == {name: ["unchanged"] for name in MACHINES} | {"ae-4tags": ["unchanged", "delivered"]}
    assert {f"{reporter}: 4 unchanged", f"{reporter}: 1 delivered"} <= {*again.stdout.splitlines()}


def test_only_a_rebuilt_machine_gets_a_new_run(runs, first_runs, rebuilt):
    added = [run for run in runs.values() if run not in first_runs.values()]
    assert len(runs) == len(MACHINES) + 1
    assert [run["record"].encode() for run in added] == [rebuilt.to_json()]


def test_a_rebuilt_machine_takes_the_place_of_its_row(again, rebuilt):
    with PostgresReporter(**SERVER) as reporter:
        assert reporter.fetch("ae-4tags") == rebuilt


def test_both_stores_list_what_was_reported_last(again, run, there, rebuilt):
    newest = MACHINES | {"ae-4tags": rebuilt}
    for label in ("mlflow", "postgres"):
        newsdesk = Path(sys.executable).with_name("newsdesk")
        config = ["--from", label, "--config", EXAMPLES / "local.yaml"]
        listed = run(newsdesk, "list", "--json", *config, cwd=there).stdout.splitlines()
        found = {line["machine"]["name"]: line["revision"] for line in map(json.loads, listed)}
        assert found == {name: machine.revision for name, machine in newest.items()}
