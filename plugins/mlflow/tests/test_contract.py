"""MlFlowReporter passes the conformance kit; its runs are read through the REST API."""

import dataclasses
import functools
import uuid

import pytest
from newsdesk.testing import HTTP, Capabilities, ReporterContract
from newsdesk_mlflow import MlFlowReporter

REST = Capabilities(
    name="mlflow",
    changed="adds",
    ping=True,
    holds=True,
    fetch=True,
    machines=25,  # two pages of twenty; a thousand reports take minutes
    alters={"numbers": 1, "long-names": 4, "long-value": 1},
    network=HTTP,
    metrics=10_000,  # ten requests of a thousand; an MLflow on SQLite takes half a minute for ten times as many
    preload=("newsdesk_mlflow.transport.delivery", "newsdesk_mlflow.transport.rest.store"),
)
CLIENT = dataclasses.replace(
    REST,
    metrics=1_000,
    preload=("newsdesk_mlflow.transport.delivery", "mlflow", "mlflow.store.artifact.mlflow_artifacts_repo"),
)


class OnServer(ReporterContract):
    """Each test has an experiment of its own, that is not there yet."""

    capabilities = REST

    @pytest.fixture
    def experiment(self):
        return uuid.uuid4().hex

    @pytest.fixture
    def upstream(self, server):
        return server.url

    @pytest.fixture
    def build(self, experiment, monkeypatch):
        monkeypatch.setattr("newsdesk_mlflow.transport.tracking.PAGE", 20)
        return lambda host, port: MlFlowReporter(tracking_uri=f"http://{host}:{port}", experiment=experiment)

    @pytest.fixture
    def read(self, server, experiment):
        return lambda: server.records(experiment)

    @pytest.fixture
    def wipe(self, server, experiment):
        return lambda: server.delete_runs(experiment)

    @pytest.fixture
    def values(self, server, experiment):
        def of(machine):
            [run] = [run for run in server.runs(experiment) if machine.revision in run.tags.values()]
            params = {
                f"dataset.{key}": run.params.get(key)
                for key in ("row_filter", "resolution")
                if machine.dataset.get(key) is not None
            }
            return {"name": run.params.get("name"), **params, **points_of(run, machine)}

        return of


MODEL = "metadata.build_metadata.model"


def points_of(run, machine):
    """Give what a run has of each point of the training history and of each fold, by the point's path."""
    model = functools.reduce(
        lambda value, key: value.get(key, {}), ("build_metadata", "model"), machine.metadata
    )
    history = model.get("model_meta", {}).get("history", {})
    scores = model.get("cross_validation", {}).get("scores", {})
    folds = [name for name in scores if "TAG" not in name]  # those of single tags are logged on demand
    shown = {(key, step): value for key, value, step in run.metrics()[0]}
    return {
        f"{MODEL}.model_meta.history.{key}.{step}": shown.get((key, step))
        for key, points in history.items()
        if isinstance(points, list)
        for step in range(len(points))
    } | {
        f"{MODEL}.cross_validation.scores.{name}.{key}": shown.get(of_score(name, key.removeprefix("fold-")))
        for name in folds
        for key in scores[name]
    }


def of_score(name, fold):
    return (name, int(fold) - 1) if fold.isdigit() else (f"{name}-{fold}", 0)


class TestByRest(OnServer):
    """By MLflow's REST API."""


@pytest.mark.usefixtures("client_only")
@pytest.mark.large
class TestByClient(OnServer):
    """By MLflow's client."""

    capabilities = CLIENT
    unsupported = {"test_close_leaves_no_connection": "MLflow keeps its connections until the process ends"}  # noqa: RUF012
