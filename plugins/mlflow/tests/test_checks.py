"""What the doctor is told of MLflow: pure of URIs and versions, and of a real server."""

import importlib.util
from importlib import metadata

import pytest
from newsdesk import BaseReporter, TransientReporterError
from newsdesk_mlflow import MlFlowReporter
from newsdesk_mlflow.checks import of_artifacts, of_limits, of_version
from newsdesk_mlflow.limits import FLAVOURS, limits_for
from newsdesk_mlflow.mapping.naming.templates import advice_on
from newsdesk_mlflow.transport.artifacts import SERVE_ARTIFACTS

CLIENT = metadata.version("mlflow-skinny")


def told(reporter, *, ping=False):
    return [(found.text, found.remedy) for found in reporter.findings(ping=ping)]


def test_the_limits_of_the_flavour_in_use_are_told():
    [(text, remedy)] = told(
        MlFlowReporter(tracking_uri="http://user:secret@mlflow.example:5000", experiment="{project_name}")
    )
    assert text == (
        "http://***@mlflow.example:5000 is treated as the flavour 'mlflow': 1000 metrics, 100 params and 100 tags in a "
        "request, 6000 characters in a param and 5000 in a tag"
    )
    assert remedy == ""


def test_limits_of_a_whole_run_are_told():
    found = of_limits(FLAVOURS["azureml"], "azureml://eastus.api.azureml.ms/mlflow")
    assert found.text.endswith("and 1000 in a tag, 200 params, 50 tags, 50 metric names in a run")
    assert found.remedy == ""


def test_limits_of_another_server_than_the_uri_says_are_to_be_mended():
    found = of_limits(limits_for("mlflow", None), "azureml://eastus.api.azureml.ms/mlflow")
    assert found.remedy == "the URI is of the flavour 'azureml': remove 'limits', or name that flavour"


def test_a_default_uri_is_told_as_such(monkeypatch):
    [(text, _)] = told(MlFlowReporter(experiment="{project_name}"))
    assert text.startswith("MLflow's own default tracking URI is treated as the flavour 'mlflow': ")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "databricks")
    [(text, _)] = told(MlFlowReporter(experiment="{project_name}"))
    assert text.startswith("databricks is treated as the flavour 'databricks': ")


def test_a_uri_that_is_a_reference_is_left_until_it_is_opened():
    assert told(MlFlowReporter(tracking_uri="${env:NOWHERE}")) == [
        ("its tracking URI is a reference, which --ping resolves and checks", "")
    ]


@pytest.mark.skipif(importlib.util.find_spec("azureml") is not None, reason="azureml-mlflow is installed")
def test_what_a_uri_needs_and_is_not_installed_is_told():
    _, (text, remedy) = told(MlFlowReporter(tracking_uri="azureml://eastus.api.azureml.ms/mlflow"))
    assert text == "an AzureML workspace needs azure-identity and azureml-mlflow"
    assert remedy == "pip install 'newsdesk-mlflow[azureml]'"


def test_an_environment_variable_that_is_wrong_is_told_without_its_value(monkeypatch):
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", "hunter2")
    [(text, remedy)] = told(MlFlowReporter())
    assert text.startswith("the environment variable AZUREML_WORKSPACE_STR has 1 parts instead of 3")
    assert remedy == "fix its parameters, or the environment variables that replace them"
    assert "hunter2" not in text


def test_azureml_without_a_workspace_is_something_to_do(monkeypatch):
    reporter = BaseReporter.from_dict("azureml")
    [(text, remedy)] = told(reporter)
    assert text == "azureml has no workspace"
    assert remedy.startswith("give workspace_kwargs, or set AZUREML_WORKSPACE_STR to subscription_id:")
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", "s:g:w")
    assert told(reporter)[0][0].startswith("azureml:// is treated as the flavour 'azureml': ")


@pytest.mark.parametrize(
    ("server", "text", "remedy"),
    [
        (None, "its server unknown", ""),
        ("2.13.2", "its server 2.13.2", "upgrade the server to 2.14 or later"),
        ("2.14.0", "its server 2.14.0", ""),
        (
            "3.1",
            "its server 3.1; with 'limits: mlflow-2.22' it gets longer tags, and colons in keys",
            "",
        ),
        ("nightly", "its server nightly", ""),
    ],
)
def test_versions_are_told_and_what_is_too_old(server, text, remedy):
    found = of_version(server, FLAVOURS["mlflow"])
    assert (found.text, found.remedy) == (f"MLflow's client is {CLIENT}, {text}", remedy)


def test_a_newer_server_whose_limits_are_named_needs_no_hint():
    assert "it gets" not in of_version("3.1", FLAVOURS["mlflow-2.22"]).text


@pytest.mark.parametrize(
    ("uri", "root", "text", "remedy"),
    [
        ("http://h", "mlflow-artifacts:/0", "artifacts go to mlflow-artifacts:/0", ""),
        (
            "http://h",
            "/mlruns/0",
            "artifacts go to /mlruns/0, a folder on this machine, not the server's: left out",
            SERVE_ARTIFACTS,
        ),
        ("sqlite:///x.db", "file:///x/0", "artifacts go to file:///x/0", ""),
        (
            "http://h",
            "abfss://user:key@store/0",
            "artifacts go to abfss://***@store/0, which needs azure-storage-file-datalake here",
            "pip install azure-storage-file-datalake",
        ),
        ("http://h", "ftp://h/0", "artifacts go to ftp://h/0", ""),
    ],
)
def test_where_artifacts_go_is_told_and_whether_they_get_there(uri, root, text, remedy):
    found = of_artifacts(uri, root)
    assert (found.text, found.remedy) == (text, remedy)


def test_a_real_server_tells_its_version_and_its_artifact_store(server, monkeypatch):
    monkeypatch.setenv("WHERE", server.url)
    MlFlowReporter(tracking_uri=server.url).report({"name": "for the doctor"})
    found = told(MlFlowReporter(tracking_uri=server.url), ping=True)
    # The last are of other tests, which have left runs on this server.
    limits, advice, versions, artifacts, *leftovers = found
    assert advice == (advice_on("{name}"), "")
    assert versions[0].startswith(f"MLflow's client is {CLIENT}, its server {metadata.version('mlflow')}")
    assert artifacts[0].startswith("artifacts go to mlflow-artifacts:/")
    assert "is treated as the flavour 'mlflow'" in limits[0]
    assert told(MlFlowReporter(tracking_uri="${env:WHERE}"), ping=True) == found
    assert {remedy for _, remedy in (limits, versions, artifacts)} == {""}
    assert all("never ended" in text for text, _ in leftovers)


def test_a_server_that_is_not_there_is_an_error_of_its_backend():
    reporter = MlFlowReporter(tracking_uri="http://127.0.0.1:9", experiment="{project_name}")
    found = iter(reporter.findings(ping=True))
    assert "is treated as the flavour" in next(found).text
    with pytest.raises(TransientReporterError):
        next(found)


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")  # MLflow's own use
def test_a_store_without_a_server_has_no_version(tmp_path):
    pytest.importorskip("sqlalchemy", reason="mlflow-skinny opens no database")
    from newsdesk_mlflow.transport.connecting import connect

    assert connect(f"sqlite:///{tmp_path}/store.db").server_version() is None
