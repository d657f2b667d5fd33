"""What MLflow's own pages show of a real server's runs and experiments."""

import getpass
import uuid

import pytest
from newsdesk import Machine
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter

pytestmark = pytest.mark.usefixtures("road")


@pytest.fixture
def page(server):
    """A function that gives the one run of an experiment as the API has it."""

    def of(experiment):
        ids = [server.experiment(experiment)["experiment_id"]]
        [run] = server.call("POST", "runs/search", experiment_ids=ids)["runs"]
        return run

    return of


def test_a_run_says_who_reported_it_by_what_and_on_which_data(server, machine, page):
    MlFlowReporter(tracking_uri=server.url).report(machine)
    run = page(machine.name)
    tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
    assert tags["mlflow.user"] == getpass.getuser()
    assert (tags["mlflow.source.name"], tags["mlflow.source.type"]) == ("newsdesk", "LOCAL")
    assert [*tags][:4] == ["machine_name", "project_name", "model_builder_version", "newsdesk.reported"]
    [given] = run["inputs"]["dataset_inputs"]
    assert given["dataset"]["name"] == machine.name
    assert given["tags"] == [{"key": "mlflow.data.context", "value": "training"}]
    params = {param["key"]: param["value"] for param in run["data"]["params"]}
    assert params["model.steps.1.epochs"] == "3"
    assert [*params].index("model.steps.1.epochs") < [*params].index("fold-1-n-test")


def test_a_user_may_say_otherwise(server, machine):
    tags = {"mlflow.user": "the team", "mlflow.source.name": "pipeline 7"}
    reporter = MlFlowReporter(tracking_uri=server.url, tags=tags)
    reporter.report(machine)
    found = server.run(machine.name).tags
    assert (found["mlflow.user"], found["mlflow.source.name"]) == ("the team", "pipeline 7")
    assert reporter.report(machine).unchanged


def test_a_run_that_is_resumed_has_its_dataset_once(server, proxy, machine, page):
    reporter = MlFlowReporter(tracking_uri=proxy.url)
    proxy.disturb = lambda method, path: "after" if path.endswith("log-inputs") else None
    with pytest.raises(Exception, match="log the dataset"):
        reporter.report(machine)
    proxy.disturb = lambda *_: None
    reporter.report(machine)
    assert len(page(machine.name)["inputs"]["dataset_inputs"]) == 1


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_knows_no_inputs_gets_all_the_rest_and_is_asked_once(
    server, proxy, machine, status, caplog
):
    refusal = (status, {"Content-Type": "application/json"}, b'{"error_code": "ENDPOINT_NOT_FOUND"}')
    proxy.disturb = lambda method, path: refusal if path.endswith("log-inputs") else None
    reporter = MlFlowReporter(tracking_uri=proxy.url)
    reporter.report(machine)
    reporter.report(Machine(f"{machine.name}-2", dataset={"tag_list": ["a"]}))
    assert server.run(machine.name).artifact("metadata.json") == machine.to_json()
    assert server.run(f"{machine.name}-2").status == "FINISHED"
    assert sum(request.endswith("log-inputs") for request in proxy.requests) == 1
    assert "takes no datasets as inputs of runs" in caplog.text


def test_a_server_that_refuses_a_dataset_otherwise_is_an_error(proxy, machine):
    refusal = (400, {"Content-Type": "application/json"}, b'{"error_code": "INVALID_PARAMETER_VALUE"}')
    proxy.disturb = lambda method, path: refusal if path.endswith("log-inputs") else None
    with pytest.raises(MlflowLoggingError, match="cannot log the dataset of the run"):
        MlFlowReporter(tracking_uri=proxy.url).report(machine)


def test_a_picture_and_fewer_metrics_on_request(server, machine):
    reporter = MlFlowReporter(tracking_uri=server.url, figure=True, metrics="folds", dataset=False)
    reporter.report(machine)
    run = server.run(machine.name)
    assert run.artifact("figure.svg").startswith(b"<svg ")
    assert "r2-score" in run.metric_keys
    assert "r2-score-mean" not in run.metric_keys


def test_an_experiment_is_described_when_it_is_made(server, machine):
    project = f"plant {uuid.uuid4().hex[:8]}"
    reporter = MlFlowReporter(tracking_uri=server.url, experiment="{project_name}")
    reporter.report(Machine.from_dict({**machine.to_dict(), "project_name": project}))
    tags = {tag["key"]: tag["value"] for tag in server.experiment(project)["tags"]}
    assert tags["project_name"] == project
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert tags["mlflow.note.content"].endswith(f"with the times of the build. Project: **{project}**.")
    MlFlowReporter(tracking_uri=server.url).report(machine)
    assert "project_name" not in {tag["key"] for tag in server.experiment(machine.name)["tags"]}


def test_a_run_has_the_times_of_the_build(server, machine, page):
    MlFlowReporter(tracking_uri=server.url).report(machine)
    info = page(machine.name)["info"]
    assert info["end_time"] == 1_795_386_485_998  # 2026-11-22 22:28:05.997616 UTC
    assert 1000 < info["end_time"] - info["start_time"] < 60_000
