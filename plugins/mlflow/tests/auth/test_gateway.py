"""Whole reports through what enforces a workspace's limits, by MLflow's own client; azureml-mlflow is not needed."""

import json

import pytest
from newsdesk import Desk, Retry, TransientReporterError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter


@pytest.fixture
def reporter(azure, monkeypatch):
    """A reporter that logs in with the token that the environment has, as MLflow's own client does."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", azure.issue())
    return MlFlowReporter(tracking_uri=azure.workspace_url, limits="azureml")


def test_a_real_machine_arrives_whole(reporter, real_machine, arrives_whole):
    arrives_whole(reporter, real_machine)


def test_what_is_over_the_limits_of_a_run_goes_whole_into_artifacts(azure, server, reporter, large):
    machine = large(params=450, names=100, steps=50)
    delivery = reporter.report(machine)
    run = server.run(machine.name)
    assert len(run.params) == 200
    assert run.params["name"] == machine.name
    assert len(run.metric_keys) == 50
    assert len(run.metrics()[0]) == 50 * 50
    assert len(json.loads(run.artifact("params.json"))) == 452
    assert len(json.loads(run.artifact("metrics.json"))) == 5000
    assert run.artifact("metadata.json") == machine.to_json()
    assert sorted(map(str, delivery.alterations)) == [
        "metrics omitted: 50 of 100 metric names left out: a run (azureml) holds 50; "
        "all are in the artifact metrics.json",
        "params omitted: 252 of 452 params left out: a run (azureml) holds 200; "
        "all are in the artifact params.json",
    ]
    # 2,500 metrics of 200 to a request; the params go with the first two.
    assert azure.asked.count("POST runs/log-batch") == 13


def test_five_thousand_metrics_of_fifty_names_are_all_there(azure, server, reporter, large):
    machine = large(params=450, names=50, steps=100)
    delivery = reporter.report(machine)
    assert len(server.run(machine.name).metrics()[0]) == 5000
    assert [alteration.path for alteration in delivery.alterations] == ["params"]
    assert azure.asked.count("POST runs/log-batch") == 25


def test_more_tags_than_a_run_holds_go_into_an_artifact_and_ours_stay(azure, server, machine, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", azure.issue())
    tags = {f"tag {number}": "x" * 1200 for number in range(60)}
    reporter = MlFlowReporter(tracking_uri=azure.workspace_url, limits="azureml", tags=tags)
    delivery = reporter.report(machine)
    run = server.run(machine.name)
    # The workspace sets one more: mlflow.rootRunId.
    assert len(run.tags) == 49
    assert run.tags["model_key"] == machine.model_key
    listed = json.loads(run.artifact("tags.json"))
    assert {entry["value"] for entry in listed if entry["key"] in tags} == {"x" * 1200}
    kinds = {(alteration.path, alteration.kind) for alteration in delivery.alterations}
    assert {("tags", "omitted"), ("tags.tag 0", "truncated")} <= kinds
    assert reporter.report(machine).unchanged


def test_a_run_without_these_limits_is_refused_there(azure, large, monkeypatch):
    """Otherwise the tests above would prove nothing."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", azure.issue())
    with pytest.raises(MlflowLoggingError, match="metrics in one request, and 200 are the most"):
        MlFlowReporter(tracking_uri=azure.workspace_url).report(large(450, 50, 100))
    with pytest.raises(MlflowLoggingError, match="params in one run, and 200 are the most"):
        MlFlowReporter(
            tracking_uri=azure.workspace_url, limits={"flavour": "azureml", "params_per_run": None}
        ).report(large(450, 1, 1))


def test_who_comes_too_often_is_told_when_to_come_again_and_then_served(
    azure, server, reporter, machine, answers
):
    pauses = [answers(429, {"error": {"code": "TooManyRequests"}}, Retry_After="0.2")] * 2
    azure.disturb = lambda asked: pauses.pop() if pauses and asked.path.endswith("log-batch") else None
    with pytest.raises(TransientReporterError) as raised:
        reporter.report(machine)
    assert raised.value.retry_after == 0.2
    with Desk(reporter, retry=Retry(attempts=3, initial=0.01)) as desk:
        [receipt] = desk.report(machine)
    assert (receipt.status, receipt.attempts) == ("delivered", 2)
    assert server.run(machine.name).artifact("metadata.json") == machine.to_json()


def test_a_token_that_has_expired_is_told_and_a_new_one_used(azure, server, reporter, machine, monkeypatch):
    expired = azure.issued[-1]
    azure.expire()
    with pytest.raises(MlflowLoggingError, match=r"The bearer token is missing, expired") as raised:
        reporter.report(machine)
    assert expired not in f"{raised.value!r} {raised.value.__cause__!r}"
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", azure.issue())
    assert not reporter.report(machine).unchanged
    assert server.run(machine.name).status == "FINISHED"
