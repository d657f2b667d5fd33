"""The AzureML workspace and its credentials."""

import pytest
from newsdesk_mlflow import (
    MlflowLoggingError,
    get_kwargs_from_secret,
    get_mlflow_client,
    get_spauth_kwargs,
    get_workspace_kwargs,
)

WORKSPACE = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}


def test_the_values_stand_in_the_order_of_the_keys(monkeypatch):
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", "s:g:w")
    monkeypatch.setenv("DL_SERVICE_AUTH_STR", "t:i:p")
    assert get_workspace_kwargs() == WORKSPACE
    assert get_spauth_kwargs() == {
        "tenant_id": "t",
        "service_principal_id": "i",
        "service_principal_password": "p",
    }


def test_a_colon_in_the_last_value_is_part_of_it(monkeypatch):
    monkeypatch.setenv("DL_SERVICE_AUTH_STR", "t:i:p:a:ss")
    assert get_spauth_kwargs()["service_principal_password"] == "p:a:ss"


def test_an_empty_variable_gives_nothing(monkeypatch):
    monkeypatch.setenv("DL_SERVICE_AUTH_STR", "")
    assert get_spauth_kwargs() == {}


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(MlflowLoggingError) as raised:
        get_workspace_kwargs()
    assert str(raised.value) == (
        "the environment variable AZUREML_WORKSPACE_STR is not set; set it to subscription_id:resource_group:workspace_name"
    )


def test_too_few_parts_are_told_with_both_counts_and_never_shown(monkeypatch):
    monkeypatch.setenv("A_SECRET", "hunter2:hunter3")
    with pytest.raises(MlflowLoggingError) as raised:
        get_kwargs_from_secret("A_SECRET", ["a", "b", "c"])
    assert str(raised.value) == "the environment variable A_SECRET has 2 parts instead of 3: a:b:c"


@pytest.mark.parametrize(
    ("workspace", "principal", "message"),
    [
        (
            {"subscription_id": "s", "resource_group": ""},
            {},
            "workspace_kwargs lacks resource_group, workspace_name; it takes subscription_id, resource_group, workspace_name",
        ),
        (
            {**WORKSPACE, "region": "x"},
            {},
            "workspace_kwargs has unknown region; it takes subscription_id, resource_group, workspace_name",
        ),
        (
            WORKSPACE,
            {"tenant_id": "t", "secret": "hunter2"},
            "service_principal_kwargs lacks service_principal_id, service_principal_password and has unknown secret; "
            "it takes tenant_id, service_principal_id, service_principal_password",
        ),
    ],
)
def test_what_is_missing_or_unknown_is_told_and_nothing_that_was_given_is_changed(
    workspace, principal, message
):
    given = dict(workspace), dict(principal)
    with pytest.raises(MlflowLoggingError) as raised:
        get_mlflow_client(workspace, principal)
    assert str(raised.value) == message
    assert (workspace, principal) == given
