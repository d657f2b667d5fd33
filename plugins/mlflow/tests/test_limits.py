"""What each flavour of server takes."""

from dataclasses import replace

import pytest
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits, limit_faults, limits_for


@pytest.mark.parametrize(
    ("uri", "flavour"),
    [
        (None, "mlflow"),
        ("http://127.0.0.1:5000", "mlflow"),
        ("sqlite:///azureml.db", "mlflow"),
        ("databricks", "databricks"),
        ("databricks://profile", "databricks"),
        ("azureml://west.api.azureml.ms/mlflow/v1.0/subscriptions/1", "azureml"),
        ("azureml", "azureml"),
    ],
)
def test_the_tracking_uri_tells_the_flavour(uri, flavour):
    assert limits_for(None, uri).flavour == flavour


def test_a_choice_goes_before_the_uri_and_single_limits_before_both():
    assert limits_for("azureml", "http://x") == FLAVOURS["azureml"]
    assert limits_for({"metrics": 5}, "azureml://x") == replace(FLAVOURS["azureml"], metrics=5)
    changed = limits_for({"metrics": 5, "flavour": "databricks", "params_per_run": None}, "azureml://x")
    assert (changed.flavour, changed.metrics, changed.params, changed.params_per_run) == (
        "databricks",
        5,
        100,
        None,
    )


def test_the_numbers_are_those_that_were_measured():
    mlflow = ServerLimits()
    assert (mlflow.metrics, mlflow.params, mlflow.tags, mlflow.total) == (1000, 100, 100, 1000)
    assert (mlflow.key_length, mlflow.param_value_length, mlflow.tag_value_length) == (250, 6000, 5000)
    assert (mlflow.request_bytes, mlflow.run_name_length, mlflow.experiment_name_length) == (
        1_000_000,
        250,
        256,
    )
    assert FLAVOURS["mlflow-2.22"].tag_value_length == 8000
    azure = FLAVOURS["azureml"]
    assert (azure.metrics, azure.params, azure.tags, azure.metric_names_per_run) == (200, 100, 50, 50)
    assert (azure.run_name_length, azure.experiment_name_length) == (256, 256)
    assert (azure.params_per_run, azure.tags_per_run, azure.tag_key_length, azure.tag_value_length) == (
        200,
        50,
        100,
        1000,
    )


@pytest.mark.parametrize(
    "choice", [None, "azureml", {}, {"flavour": "mlflow", "metrics": 1, "tags_per_run": None}]
)
def test_a_good_choice_has_no_faults(choice):
    assert limit_faults(choice) == []


def test_all_faults_of_a_choice_are_told_at_once():
    faults = limit_faults(
        {
            "metric": 5,
            "params": 0,
            "tags": True,
            "flavour": "azure",
            "colon_in_keys": 1,
            "request_bytes": 5,
            "total": None,
            "tags_per_run": 7,
        }
    )
    told = {fault.path: fault.message for fault in faults}
    assert told["limits.metric"].startswith(
        "unknown limit (did you mean 'metrics'?); there are flavour, colon_in_keys, ordered_search, inputs, metrics,"
    )
    assert told["limits.params"] == "must be a whole number of at least 1, but is 0"
    assert told["limits.tags"] == "must be a whole number of at least 1, but is True"
    assert told["limits.flavour"] == (
        "unknown flavour 'azure' (did you mean 'azureml'?); there are mlflow, mlflow-2.22, databricks, azureml"
    )
    assert told["limits.colon_in_keys"] == "must be true or false, but is 1"
    assert told["limits.request_bytes"] == "must be a whole number of at least 10000, but is 5"
    assert told["limits.tags_per_run"] == "must be a whole number of at least 20, but is 7"
    assert told["limits.total"] == "must be a whole number of at least 1, but is None"


@pytest.mark.parametrize("flavour", ["${env:FLAVOUR}", ["x"]])
def test_a_flavour_is_a_word_and_no_reference(flavour):
    [fault] = limit_faults({"flavour": flavour})
    assert str(fault).startswith(f"limits.flavour: unknown flavour {flavour!r}; there are mlflow, ")


def test_a_reference_is_no_flavour():
    [fault] = limit_faults("${env:FLAVOUR}")
    assert str(fault).startswith("limits: unknown flavour '${env:FLAVOUR}'; there are mlflow, ")


def test_an_unknown_flavour_and_another_type_are_told():
    assert str(limit_faults("mlfow")[0]) == (
        "limits: unknown flavour 'mlfow' (did you mean 'mlflow'?); there are mlflow, mlflow-2.22, databricks, azureml"
    )
    assert str(limit_faults(7)[0]) == "limits: must be a flavour's name or a mapping of limits, but is 7"
