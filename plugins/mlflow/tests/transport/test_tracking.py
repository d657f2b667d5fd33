"""How a tracking URI and a run are shown: without credentials, and without the number of a login."""

from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from newsdesk_mlflow.transport.client.store import ClientStore
from newsdesk_mlflow.transport.run import Run
from newsdesk_mlflow.transport.tracking import Tracking

WORKSPACE = "azureml://eastus.api.azureml.ms/mlflow/v1.0/subscriptions/1"


def tracking_of(uri):
    # What reaches a workspace is not installed here; the address alone is looked at, and no request is made.
    return Tracking(ClientStore(SimpleNamespace(tracking_uri=uri, search_experiments=lambda max_results: [])))


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        (f"{WORKSPACE}#17", WORKSPACE),
        ("http://user:hunter2@mlflow.example:5000", "http://***@mlflow.example:5000"),
        ("http://user:p@ss/'word@mlflow.example:5000/at", "http://***@mlflow.example:5000/at"),
        ("file:///runs/a#b", "file:///runs/a#b"),
    ],
)
def test_a_uri_is_shown_without_credentials_and_without_the_number_of_a_login(uri, shown):
    assert tracking_of(uri).shown == shown


RUN = Run("r1", "7", "FINISHED", 0, "mlflow-artifacts:/7/r1/artifacts", {}, {})


@pytest.mark.parametrize(
    ("uri", "reference"),
    [
        ("http://me:hunter2@h:5000/at/", "http://***@h:5000/at/#/experiments/7/runs/r1"),
        ("sqlite:////data/store.db", "sqlite:////data/store.db#/experiments/7/runs/r1"),
        ("/data/runs", "file:///data/runs#/experiments/7/runs/r1"),
        (f"{WORKSPACE}#17", f"{WORKSPACE}#/experiments/7/runs/r1"),
    ],
)
def test_a_reference_names_the_store_and_the_run(uri, reference):
    assert tracking_of(uri).reference(RUN) == reference


@pytest.mark.skipif(find_spec("mlflow.utils.workspace_context") is None, reason="a client without workspaces")
def test_a_reference_names_the_workspace_that_the_client_sends(monkeypatch):
    monkeypatch.setenv("MLFLOW_WORKSPACE", " team/a ")
    assert tracking_of("http://h").reference(RUN) == "http://h/#/experiments/7/runs/r1?workspace=team%2Fa"
    assert "workspace=" not in tracking_of("sqlite:////data/store.db").reference(RUN)
