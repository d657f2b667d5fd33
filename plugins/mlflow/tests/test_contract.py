"""MlFlowReporter passes the conformance kit; its runs are read through the REST API."""

import dataclasses
import uuid

import pytest
from newsdesk.testing import HTTP, Capabilities, ReporterContract
from newsdesk_mlflow import MlFlowReporter

REST = Capabilities(
    name="mlflow",
    changed="adds",
    ping=True,
    holds=True,
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
    def build(self, experiment):
        return lambda host, port: MlFlowReporter(tracking_uri=f"http://{host}:{port}", experiment=experiment)

    @pytest.fixture
    def read(self, server, experiment):
        return lambda: server.records(experiment)

    @pytest.fixture
    def wipe(self, server, experiment):
        return lambda: server.delete_runs(experiment)


class TestByRest(OnServer):
    """By MLflow's REST API."""


@pytest.mark.usefixtures("client_only")
class TestByClient(OnServer):
    """By MLflow's client."""

    capabilities = CLIENT
    unsupported = {"test_close_leaves_no_connection": "MLflow keeps its connections until the process ends"}  # noqa: RUF012
