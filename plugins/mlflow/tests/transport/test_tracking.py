"""How a tracking URI is shown: the number of a login, which ends that of a workspace, is nobody's business."""

from types import SimpleNamespace

import pytest
from newsdesk_mlflow import MlFlowReporter
from newsdesk_mlflow.checks import findings
from newsdesk_mlflow.transport.tracking import Tracking

WORKSPACE = "azureml://eastus.api.azureml.ms/mlflow/v1.0/subscriptions/1"


def tracking_of(uri):
    # What reaches a workspace is not installed here; the address alone is looked at, and no request is made.
    return Tracking(SimpleNamespace(tracking_uri=uri, search_experiments=lambda max_results: []))


class Workspace(MlFlowReporter):
    """Has logged in to a workspace."""

    def open(self):
        self.tracking = tracking_of(f"{WORKSPACE}#17")


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


def test_the_doctor_shows_the_uri_behind_a_reference_in_the_same_way(monkeypatch):
    monkeypatch.setenv("PLACE", WORKSPACE)
    _, limits, _ = findings({"it": Workspace(tracking_uri="${env:PLACE}")}, ping=True)
    assert limits.text.startswith(f"{WORKSPACE} is taken for the flavour 'azureml': ")
