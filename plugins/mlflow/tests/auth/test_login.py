"""Who logs in to Azure, as far as nobody has to be asked."""

import importlib.util
import os
import subprocess
import sys
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import pytest
from newsdesk import BaseReporter, DefinitionError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter, get_mlflow_client
from newsdesk_mlflow.auth.clouds import CLOUDS
from newsdesk_mlflow.auth.login import CREDENTIALS, Login, log_in

Token = namedtuple("Token", "token")
CHINA = CLOUDS["AzureChinaCloud"]


class Numbered:
    """A credential whose tokens say who gave them and for what."""

    made = 0

    def __init__(self, _note):
        Numbered.made += 1
        self.number = Numbered.made

    def get_token(self, scope):
        return Token(f"{self.number} for {scope}")


def test_a_token_is_always_for_the_login_s_own_cloud():
    login = Login("cli", CHINA, Numbered)
    assert login.get_token("https://management.azure.com/.default", claims=None).token.endswith(
        " for https://management.chinacloudapi.cn/.default"
    )


def test_a_token_that_was_refused_is_forgotten_once_and_then_it_is_the_login_that_is_refused():
    login = Login("cli", CHINA, Numbered)
    first = login.get_token()
    assert login.get_token() == first
    assert login.renew()
    second = login.get_token()
    assert second != first
    assert not login.renew()
    assert login.get_token() == second


def test_threads_whose_token_was_refused_share_the_next_one():
    login = Login("cli", CHINA, Numbered)
    login.get_token()
    with ThreadPoolExecutor(1) as other:
        old = other.submit(login.get_token).result()
        assert login.renew()
        new = login.get_token()
        # The other thread's was the old one, so that it has not seen the new one refused.
        assert other.submit(login.renew).result()
        assert other.submit(login.get_token).result() == new != old
        assert not other.submit(login.renew).result()


def test_the_same_choice_gives_the_same_login_and_another_one_another(principal, monkeypatch):
    first = log_in(principal)
    assert log_in(dict(principal)) is first
    others = [
        log_in({**principal, "service_principal_password": "other"}),
        log_in(principal, cloud="AzureChinaCloud"),
        log_in(),
        log_in(credential="cli"),
    ]
    monkeypatch.setenv("AZURE_CLIENT_ID", "another")
    others.append(log_in())
    assert len({login.number for login in (first, *others)}) == 6
    assert log_in(credential="default") is others[-1]


def test_a_forked_child_has_a_login_of_its_own():
    script = (
        "import os\n"
        "from newsdesk_mlflow.auth.login import log_in\n"
        "number = log_in().number\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(0 if log_in().number != number else 1)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or log_in().number != number)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_no_secret_is_in_what_a_login_shows(principal):
    assert repr(log_in(principal)) == "<Login by service principal to AzureCloud>"


@pytest.mark.parametrize(("name", "known"), [("credential", CREDENTIALS), ("cloud", CLOUDS)])
def test_a_config_that_chooses_what_there_is_not_is_refused_with_what_there_is(name, known):
    for choice in known:
        assert BaseReporter.from_dict({"azureml": {name: choice}}).to_dict()
    with pytest.raises(DefinitionError) as raised:
        BaseReporter.from_dict({"azureml": {name: "workload-identity"}})
    assert all(f"'{choice}'" in str(raised.value) for choice in known)


def test_an_unknown_credential_is_refused_with_the_nearest():
    with pytest.raises(DefinitionError) as raised:
        MlFlowReporter(credential="workload-identity")
    told = (
        "credential: unknown credential 'workload-identity' (did you mean 'workload_identity'?); "
        "there are default, workload_identity, managed_identity, cli, interactive"
    )
    assert told in str(raised.value)
    with pytest.raises(MlflowLoggingError) as raised:
        log_in(credential="workload-identity")
    assert str(raised.value) == told


def test_a_service_principal_and_another_credential_exclude_each_other(principal, monkeypatch, workspace):
    with pytest.raises(DefinitionError) as raised:
        MlFlowReporter(service_principal_kwargs=principal, credential="cli")
    assert "credential: a service principal is the credential; give only one of the two" in str(raised.value)
    # The one of the environment gives way to what is asked for.
    monkeypatch.setenv("DL_SERVICE_AUTH_STR", "only-one")
    with pytest.raises(MlflowLoggingError, match="DL_SERVICE_AUTH_STR has 1 parts"):
        MlFlowReporter(workspace_kwargs=workspace).open()
    assert MlFlowReporter(workspace_kwargs=workspace, credential="cli")._log_in().name == "cli"


@pytest.mark.skipif(importlib.util.find_spec("azure") is not None, reason="azure-identity is installed")
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_without_azures_libraries_the_error_says_what_to_install(credential, workspace):
    told = (
        "an AzureML workspace needs azure-identity and azureml-mlflow: pip install 'newsdesk-mlflow[azureml]'"
    )
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(workspace_kwargs=workspace, credential=credential).open()
    assert str(raised.value) == told
    with pytest.raises(MlflowLoggingError) as raised:
        get_mlflow_client(workspace)
    assert str(raised.value) == told
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri="azureml://host/mlflow", credential=credential).open()
    assert str(raised.value) == told


def test_an_azureml_mlflow_that_is_too_old_is_refused(tmp_path):
    """In a process of its own: MLflow looks for its plugins once."""
    folder = tmp_path / "azureml_mlflow-1.60.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: azureml-mlflow\nVersion: 1.60.0\n")
    script = (
        "from newsdesk_mlflow import MlFlowReporter\n"
        "try:\n"
        "    MlFlowReporter(tracking_uri='azureml://host/mlflow').open()\n"
        "except Exception as error:\n"
        "    print(f'{type(error).__name__}: {error}', end='')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert done.stdout == (
        "MlflowLoggingError: azureml-mlflow 1.60.0 cannot store artifacts, 1.62.0.post6 can: "
        "pip install --upgrade 'newsdesk-mlflow[azureml]'"
    )
