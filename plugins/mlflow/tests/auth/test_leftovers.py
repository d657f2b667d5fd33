"""Runs of a workspace that never ended are found and ended with the reporter's own login."""

import uuid

import pytest
from newsdesk_mlflow import MlFlowReporter

pytest.importorskip("azure.identity")


def test_the_doctor_finds_and_ends_runs_of_a_workspace(secure_azure, server, workspace, principal):
    name = uuid.uuid4().hex
    experiment = server.call("POST", "experiments/create", name=name)["experiment_id"]
    tags = [{"key": "model_key", "value": "k"}]
    server.call("POST", "runs/create", experiment_id=experiment, tags=tags, start_time=1)
    with MlFlowReporter(workspace_kwargs=workspace, service_principal_kwargs=principal) as reporter:
        found = [finding for finding in reporter.findings(ping=True) if finding.fix is not None]
    [finding] = found
    assert "never ended" in finding.text
    assert "ended as FAILED" in finding.fix()
    assert server.run(name).status == "FAILED"
