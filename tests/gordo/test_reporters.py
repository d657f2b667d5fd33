"""The meaning of gordo's tests of its reporters, held against ours and real servers; see `originals.py`."""

import ast
import datetime as dt
import json
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import newsdesk
import numpy as np
import pytest
from newsdesk import Machine, ReporterException
from newsdesk_mlflow import (
    MlFlowReporter,
    batch_log_items,
    epoch_now,
    get_kwargs_from_secret,
    get_machine_log_items,
    get_mlflow_client,
    get_run_id,
    get_spauth_kwargs,
    get_workspace_kwargs,
    log_machine,
    mlflow_context,
)
from newsdesk_postgres import MachineDoesNotExist, PostgresReporter

from tests.gordo.originals import ORIGINALS

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / "examples/machines/ae-4tags.json").read_text("utf-8"))
WORKSPACE = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}


class Built:
    """A machine as gordo's builder hands it in."""

    def __init__(self, **changes):
        self.record = {**RECORD, **changes}

    def to_dict(self):
        return self.record


@pytest.fixture(autouse=True)
def _no_azure(monkeypatch):
    for name in ("AZUREML_WORKSPACE_STR", "DL_SERVICE_AUTH_STR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def client(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
    return get_mlflow_client()


@pytest.fixture
def place(postgres_server):
    """The arguments of a reporter, for a table that does not exist."""
    at = urlsplit(postgres_server.url)
    return {
        "host": at.hostname,
        "port": at.port,
        "password": at.password,
        "table": f"machine_{uuid.uuid4().hex}",
    }


def test_a_mapping_needs_all_its_keys():
    assert MlFlowReporter(workspace_kwargs=WORKSPACE).workspace_kwargs == WORKSPACE
    with pytest.raises(ReporterException, match="lacks workspace_name"):
        MlFlowReporter(workspace_kwargs={"subscription_id": "s", "resource_group": "g"})


@pytest.mark.parametrize(
    ("workspace", "login", "missing"),
    [
        ({"subscription_id": "s", "workspace_name": "w"}, {}, "resource_group"),
        (WORKSPACE, {"tenant_id": "t", "service_principal_password": "p"}, "service_principal_id"),
    ],
)
def test_a_client_of_an_incomplete_workspace_or_login_is_refused(workspace, login, missing):
    with pytest.raises(ReporterException, match=f"lacks {missing}"):
        get_mlflow_client(workspace, login)


def test_a_run_is_created_in_an_experiment_that_exists_and_in_a_new_one(client, mlflow_server):
    there, new = uuid.uuid4().hex, uuid.uuid4().hex
    known = mlflow_server.call("experiments/create", name=there)["experiment_id"]
    for name in (there, new):
        run_id = get_run_id(client, name, "dummy_model_key")
        assert [found for found, _, _ in mlflow_server.runs(name)] == [run_id]
    assert str(mlflow_server.experiment(there)[0]) == known


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_the_time_is_in_milliseconds_since_1970_in_any_time_zone(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        since = dt.datetime.now(dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        assert abs(epoch_now() - since / dt.timedelta(milliseconds=1)) < 60_000
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(("most_metrics", "most_params"), [(5, 20), (20, 5), (5, 5)])
def test_items_are_split_by_whichever_limit_needs_more_batches(most_metrics, most_params):
    from mlflow.entities import Metric, Param

    metrics = [Metric(f"m{n}", 1.0, 0, 0) for n in range(20)]
    params = [Param(f"p{n}", "1") for n in range(20)]
    batches = batch_log_items(metrics, params, most_metrics, most_params)
    assert len(batches) == 4
    assert {frozenset(batch) for batch in batches} == {frozenset({"metrics", "params"})}
    assert [item for batch in batches for item in batch["metrics"]] == metrics
    assert [item for batch in batches for item in batch["params"]] == params


def test_the_items_of_a_machine_are_mlflows_metrics_and_params():
    from mlflow.entities import Metric, Param

    metrics, params = get_machine_log_items(Built())
    assert ({type(m) for m in metrics}, {type(p) for p in params}) == ({Metric}, {Param})


@pytest.mark.parametrize("keys", [["key1", "key2", "key3"], ["key1", "key2", "key3", "key4"]])
def test_a_variable_gives_its_parts_by_the_names_of_keys(monkeypatch, keys):
    with pytest.raises(ReporterException, match="TEST_SECRET is not set"):
        get_kwargs_from_secret("TEST_SECRET", keys)
    monkeypatch.setenv("TEST_SECRET", "a:b:c")
    if len(keys) == 3:
        assert get_kwargs_from_secret("TEST_SECRET", keys) == dict(zip(keys, "abc", strict=True))
    else:
        with pytest.raises(ReporterException, match="3 parts instead of 4"):
            get_kwargs_from_secret("TEST_SECRET", keys)


@pytest.mark.parametrize("get", [get_workspace_kwargs, get_spauth_kwargs])
def test_a_workspace_or_login_that_is_not_set_is_refused(get):
    with pytest.raises(ReporterException, match="is not set"):
        get()


def test_a_machine_with_numpy_values_and_times_has_a_json_form():
    made = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    machine = Machine.of(Built(metadata={"score": np.float64(0.5), "made": made}))
    assert json.loads(machine.to_json())["metadata"] == {"score": 0.5, "made": "2020-01-01T00:00:00+00:00"}


def test_a_context_logs_a_machine_to_its_run(client, mlflow_server):
    name = uuid.uuid4().hex
    with mlflow_context(name, "unique_key", {}, {}) as (given, run_id):
        assert given.tracking_uri == client.tracking_uri
        log_machine(given, run_id, Built())
    [(found, _, status)] = mlflow_server.runs(name)
    assert (found, status) == (run_id, "FINISHED")
    content = mlflow_server.content(run_id)
    assert (len(content["metrics"]), len(content["params"]), list(content["artifacts"])) == (
        35,
        31,
        ["metadata.json"],
    )


def test_machines_do_not_exist_until_they_are_reported_and_then_stay(place):
    with PostgresReporter(**place) as first, PostgresReporter(**place) as second:
        with pytest.raises(MachineDoesNotExist):
            first.fetch("ae-4tags")
        first.report(Built())
        assert first.fetch("ae-4tags").name == "ae-4tags"
        second.report(Built(name="another-machine"))
        assert {second.fetch(name).name for name in ("ae-4tags", "another-machine")} == {
            "ae-4tags",
            "another-machine",
        }


def test_a_server_that_is_not_there_and_a_text_as_machine_are_refused(place):
    with pytest.raises(ReporterException, match=r"does-not-exist\.invalid"):
        PostgresReporter(host="does-not-exist.invalid").open()
    with PostgresReporter(**place) as reporter, pytest.raises(ReporterException, match="machine"):
        reporter.report("This is not a machine instance.")


def test_one_machine_reported_by_two_reporters_is_one_row(place, postgres_server):
    with PostgresReporter(**place) as first, PostgresReporter(**place) as second:
        assert not first.report(Built()).unchanged
        assert second.report(Built()).unchanged
    assert postgres_server.query(f"SELECT name FROM {place['table']}") == [("ae-4tags",)]


def test_a_machine_reports_to_the_reporters_in_its_runtime(place):
    with PostgresReporter(**place) as reporter:
        with pytest.raises(MachineDoesNotExist):
            reporter.fetch("ae-4tags")
        newsdesk.report(Built(runtime={"reporters": [reporter.to_dict()]}))
        assert reporter.fetch("ae-4tags").name == "ae-4tags"


@pytest.mark.parametrize("ours", [test for tests in ORIGINALS.values() for test in tests.values()])
def test_each_test_of_the_original_has_its_counterpart(ours):
    file, _, name = ours.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
