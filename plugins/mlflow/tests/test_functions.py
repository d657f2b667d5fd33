"""The functions of the project that this one replaces."""

import os
import threading
import time
import uuid

import pytest
from newsdesk import ReporterException, TransientReporterError
from newsdesk_mlflow import (
    MlflowLoggingError,
    MlFlowReporter,
    batch_log_items,
    epoch_now,
    get_machine_log_items,
    get_mlflow_client,
    get_run_id,
    log_machine,
    mlflow_context,
)


@pytest.fixture
def client(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    return get_mlflow_client()


class Gordo:
    """A machine as gordo hands it in."""

    def __init__(self, record):
        self.record = record

    def to_dict(self):
        return self.record


def test_the_time_is_in_milliseconds():
    assert abs(epoch_now() - time.time() * 1000) < 60_000
    assert type(epoch_now()) is int


def test_items_are_mlflows_own_and_have_one_time(record, expected):
    for source in (record("ae-4tags"), Gordo(record("ae-4tags"))):
        metrics, params = get_machine_log_items(source)
        assert [[m.key, m.value, m.step] for m in metrics] == expected("ae-4tags")["metrics"]
        assert [[p.key, p.value] for p in params] == expected("ae-4tags")["params"]
        assert len({m.timestamp for m in metrics}) == 1


def test_the_tags_own_items_are_there_when_they_are_asked_for(record):
    metrics, _ = get_machine_log_items(record("ae-4tags"), per_tag_metrics=True)
    assert "r2-score-TAG-001" in {metric.key for metric in metrics}


def test_a_record_that_is_no_machine_is_a_reporter_exception():
    with pytest.raises(ReporterException):
        get_machine_log_items({"name": 7})


def test_batches_are_arguments_of_log_batch_with_both_keys_in_each(record):
    metrics, params = get_machine_log_items(record("ae-4tags"))
    assert batch_log_items(metrics, params) == [{"metrics": metrics, "params": params}]
    assert batch_log_items(metrics, params, 20, 10) == [
        {"metrics": metrics[:20], "params": params[:10]},
        {"metrics": metrics[20:], "params": params[10:20]},
        {"metrics": [], "params": params[20:30]},
        {"metrics": [], "params": params[30:]},
    ]
    assert [
        len(b["metrics"]) + len(b["params"]) for b in batch_log_items(metrics, params, n_max_total=40)
    ] == [40, 26]
    assert len(batch_log_items(metrics, params, max_bytes=5000)) > 1
    assert batch_log_items([], []) == []


def test_a_client_goes_where_the_user_has_said_and_changes_nothing(server, client):
    before = dict(os.environ)
    assert get_mlflow_client({}, {}).tracking_uri == server.url == client.tracking_uri
    assert dict(os.environ) == before


def test_an_existing_run_is_got_and_not_made_again(server, client):
    name = uuid.uuid4().hex
    first = get_run_id(client, name, "some key")
    assert get_run_id(client, name, "some key") == first
    assert get_run_id(client, name, "another") != first
    assert len(server.runs(name)) == 2


@pytest.mark.parametrize("key", ["abc", 'it\'s "x"\\', "x" * 6000, "\0\ud800", ""])
def test_any_model_key_finds_its_run_again(server, client, key):
    name = uuid.uuid4().hex
    assert get_run_id(client, name, key) == get_run_id(client, name, key) == server.run(name).id


def test_the_run_of_the_original_project_is_found_by_its_key(server, client):
    name = uuid.uuid4().hex
    ids = server.call("POST", "experiments/create", name=name)["experiment_id"]
    tags = [{"key": "model_key", "value": "0" * 128}]
    run = server.call("POST", "runs/create", experiment_id=ids, tags=tags, start_time=1)["run"]["info"][
        "run_id"
    ]
    assert get_run_id(client, name, "0" * 128) == run


def test_the_run_of_a_report_is_found_by_its_key(server, client, machine):
    MlFlowReporter(tracking_uri=server.url).report(machine)
    assert get_run_id(client, machine.name, machine.model_key) == server.run(machine.name).id


def test_a_run_that_somebody_else_makes_meanwhile_is_agreed_on(server, proxy, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", proxy.url)
    name = uuid.uuid4().hex
    ids = server.call("POST", "experiments/create", name=name)["experiment_id"]

    def disturb(method, path):
        if path.endswith("runs/create"):
            tags = [{"key": "model_key", "value": "k"}]
            server.call("POST", "runs/create", experiment_id=ids, tags=tags, start_time=1)

    proxy.disturb = disturb
    assert get_run_id(get_mlflow_client(), name, "k") == server.run(name).id


def test_a_machine_is_logged_whole_and_again_without_change(server, client, record):
    name = uuid.uuid4().hex
    machine = Gordo(record("ae-4tags"))
    run_id = get_run_id(client, name, "k")
    first = log_machine(client, run_id, machine)
    assert log_machine(client, run_id, machine) == first
    run = server.run(name)
    assert first.reference.endswith(run_id)
    assert (run.status, len(run.metrics()[0]), len(run.params)) == ("RUNNING", 35, 31)
    assert b'"ae-4tags"' in run.artifact("metadata.json")


def test_what_cannot_be_logged_is_our_error(client, record):
    run_id = get_run_id(client, uuid.uuid4().hex, "k")
    log_machine(client, run_id, record("ae-4tags"))
    with pytest.raises(MlflowLoggingError, match="Changing param values is not allowed"):
        log_machine(client, run_id, record("sk-20tags"))
    with pytest.raises(MlflowLoggingError, match="get a new run with get_run_id"):
        log_machine(client, "0" * 32, record("sk-20tags"))


def test_a_record_that_cannot_be_sent_is_our_error_and_the_run_ends_as_failed(
    server, proxy, monkeypatch, record
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", proxy.url)
    name = uuid.uuid4().hex
    proxy.disturb = lambda method, path: (503, {}, b"") if "mlflow-artifacts" in path else None
    with (
        pytest.raises(MlflowLoggingError, match="503") as raised,
        mlflow_context(name, "k") as (client, run_id),
    ):
        log_machine(client, run_id, record("ae-4tags"))
    assert isinstance(raised.value.__cause__, TransientReporterError)
    assert server.run(name).status == "FAILED"
    proxy.disturb = lambda method, path: None
    log_machine(client, run_id, record("ae-4tags"))
    assert b'"ae-4tags"' in server.run(name).artifact("metadata.json")


def test_a_context_ends_its_run(server, client, capfd):
    name = uuid.uuid4().hex
    with mlflow_context(name, "k") as (used, run_id):
        assert used.tracking_uri == server.url
        assert server.run(name).status == "RUNNING"
    assert server.run(name).id == run_id
    assert server.run(name).status == "FINISHED"
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_context_whose_body_fails_ends_its_run_as_failed(server, client, error):
    name = uuid.uuid4().hex
    with pytest.raises(error), mlflow_context(name):
        raise error
    assert server.run(name).status == "FAILED"


def test_a_context_without_a_key_has_a_new_run_each_time(server, client):
    name = uuid.uuid4().hex
    for _ in range(2):
        with mlflow_context(name):
            pass
    assert len({run.tags["model_key"] for run in server.runs(name)}) == 2


def test_eight_threads_may_begin_one_experiment(server, client):
    name, runs = uuid.uuid4().hex, []
    threads = [
        threading.Thread(target=lambda n=n: runs.append(get_run_id(client, name, f"k{n}"))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {run.id for run in server.runs(name)} == set(runs)
    assert len(runs) == 8
