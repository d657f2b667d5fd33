"""Where each of Azure's clouds answers."""

import pytest
from newsdesk import DefinitionError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter
from newsdesk_mlflow.auth.clouds import CLOUDS, cloud_of


def test_the_public_cloud_is_taken_when_nothing_names_another():
    assert cloud_of(None).name == "AzureCloud"
    assert cloud_of(None).scope == "https://management.azure.com/.default"


def test_a_parameter_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("AZUREML_CURRENT_CLOUD", "AzureUSGovernment")
    assert cloud_of(None).resource_manager == "https://management.usgovcloudapi.net"
    assert cloud_of("AzureChinaCloud").authority == "login.chinacloudapi.cn"


def test_every_cloud_asks_for_tokens_of_its_own():
    for cloud in CLOUDS.values():
        assert cloud.resource_manager.startswith("https://management.")
        assert cloud.authority.startswith("login.")
    assert len({cloud.scope for cloud in CLOUDS.values()}) == len(CLOUDS)


def test_an_unknown_cloud_is_refused_with_the_nearest(monkeypatch):
    with pytest.raises(DefinitionError) as raised:
        MlFlowReporter(cloud="AzureChina")
    told = "unknown cloud 'AzureChina' (did you mean 'AzureChinaCloud'?); there are AzureCloud, AzureChinaCloud, AzureUSGovernment"
    assert f"cloud: {told}" in str(raised.value)
    monkeypatch.setenv("AZUREML_CURRENT_CLOUD", "AzureChina")
    with pytest.raises(MlflowLoggingError) as raised:
        cloud_of(None)
    assert str(raised.value) == f"AZUREML_CURRENT_CLOUD: {told}"


def test_a_reference_is_checked_when_it_is_resolved(monkeypatch):
    monkeypatch.setenv("WHICH", "Azure")
    reporter = MlFlowReporter(
        cloud="${env:WHICH}", credential="${env:WHICH}", tracking_uri="http://127.0.0.1:9"
    )
    with pytest.raises(DefinitionError, match="cloud: must be 'AzureCloud', 'AzureChinaCloud' or"):
        reporter.open()
