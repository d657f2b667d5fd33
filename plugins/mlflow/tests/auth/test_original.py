"""`get_mlflow_client`, with the meaning of gordo's test of it: how it logs in for which arguments."""

import uuid

import pytest
from newsdesk_mlflow import get_mlflow_client, get_run_id

identity = pytest.importorskip("azure.identity")


@pytest.mark.parametrize("kind", ["no workspace", "workspace", "workspace with a service principal"])
def test_a_client_logs_in_as_asked_and_never_prompts(secure_azure, workspace, principal, monkeypatch, kind):
    def fail(*arguments, **options):
        raise AssertionError("it would prompt")

    for name in ("InteractiveBrowserCredential", "DeviceCodeCredential"):
        monkeypatch.setattr(getattr(identity, name), "get_token", fail)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", secure_azure.server.url)
    asked = [{}, {}] if kind == "no workspace" else [workspace, principal]
    if kind == "workspace":  # gordo would prompt here; ours takes Azure's default credentials
        asked[1] = {}
        for variable, key in (
            ("AZURE_TENANT_ID", "tenant_id"),
            ("AZURE_CLIENT_ID", "service_principal_id"),
            ("AZURE_CLIENT_SECRET", "service_principal_password"),
        ):
            monkeypatch.setenv(variable, principal[key])
    assert get_run_id(get_mlflow_client(*asked), uuid.uuid4().hex, "k")
    assert len(secure_azure.token_requests) == (kind != "no workspace")
