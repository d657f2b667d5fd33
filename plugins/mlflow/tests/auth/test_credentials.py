"""azure-identity's own credentials, which get their tokens from this machine."""

import logging
import os
import socket
import subprocess
import sys
import threading
import traceback

import pytest
from newsdesk import TransientReporterError
from newsdesk_mlflow import MlflowLoggingError
from newsdesk_mlflow.auth.login import log_in


@pytest.fixture
def identity(monkeypatch, principal):
    """Give the variables that Kubernetes' webhook sets, or a developer."""
    monkeypatch.setenv("AZURE_TENANT_ID", principal["tenant_id"])
    monkeypatch.setenv("AZURE_CLIENT_ID", principal["service_principal_id"])


def test_a_service_principal_gets_a_token_and_keeps_it(secure_azure, principal):
    login = log_in(principal)
    assert {login.get_token("whatever").token for _ in range(3)} == {*secure_azure.issued}
    [form] = secure_azure.token_requests
    assert (form["client_id"], form["client_secret"]) == (
        principal["service_principal_id"],
        principal["service_principal_password"],
    )
    assert form["grant_type"] == "client_credentials"
    assert form["scope"].startswith(f"{secure_azure.secure}/.default")


def test_a_workload_identity_sends_what_is_in_its_file(secure_azure, identity, tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text("federated hunter2")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(file))
    assert log_in(credential="workload_identity").get_token().token == secure_azure.issued[-1]
    assert secure_azure.token_requests[-1]["client_assertion"] == "federated hunter2"
    # Within its pod it is what `default` finds as well.
    assert log_in().get_token().token == secure_azure.issued[-1]
    assert len(secure_azure.issued) == 2


def test_a_workload_identity_without_its_variables_says_what_sets_them(secure_azure):
    with pytest.raises(MlflowLoggingError) as raised:
        log_in(credential="workload_identity").get_token()
    assert str(raised.value) == (
        f"Azure issues no token for {secure_azure.secure} (workload_identity): ValueError; check the label and the "
        "service account of the pod, which set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE"
    )


def test_a_managed_identity_asks_the_endpoint_of_its_host(secure_azure, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{secure_azure.url}/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    monkeypatch.setenv("AZURE_CLIENT_ID", "one-of-several")
    assert log_in(credential="managed_identity").get_token().token == secure_azure.issued[-1]
    asked = secure_azure.token_requests[-1]
    assert (asked["header"], asked["client_id"]) == ("header", ["one-of-several"])


def test_the_command_line_s_login_is_used(secure_azure, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    az = tmp_path / "az"
    az.write_text(
        "#!/bin/sh\n"
        f'echo "$@" > {tmp_path}/asked\n'
        """echo '{"accessToken": "from az", "expires_on": 4000000000, "expiresOn": "2096-10-02 07:06:40.000000"}'\n"""
    )
    az.chmod(0o700)
    assert log_in(credential="cli").get_token().token == "from az"
    assert secure_azure.secure in (tmp_path / "asked").read_text()


def test_the_variables_of_a_service_principal_are_what_default_takes_first(
    secure_azure, identity, principal, monkeypatch
):
    monkeypatch.setenv("AZURE_CLIENT_SECRET", principal["service_principal_password"])
    assert log_in().get_token().token == secure_azure.issued[-1]


def test_a_browser_is_only_for_interactive():
    identity = pytest.importorskip("azure.identity")
    login = log_in(credential="interactive")
    assert isinstance(login._make(print), identity.InteractiveBrowserCredential)
    kinds = {type(credential).__name__ for credential in log_in()._make(print).credentials}
    assert not {"InteractiveBrowserCredential", "DeviceCodeCredential", "BrokerCredential"} & kinds
    assert {"EnvironmentCredential", "AzureCliCredential"} <= kinds


@pytest.mark.parametrize("wanted", ["", "InteractiveBrowserCredential"])
def test_nobody_logged_in_is_an_error_and_no_prompt_whatever_the_environment_asks_for(
    certificates, tmp_path, wanted
):
    """In a process of its own, from which nothing reaches the internet."""
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\ntouch {tmp_path}/opened\n")
    browser.chmod(0o700)
    script = (
        "from newsdesk_mlflow import MlFlowReporter\n"
        "try:\n"
        "    MlFlowReporter(tracking_uri='azureml://127.0.0.1:9/mlflow/v1.0/subscriptions/s/resourceGroups/g/providers/"
        "Microsoft.MachineLearningServices/workspaces/w').ping()\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    environment = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "BROWSER": str(browser),
        "AZURE_TOKEN_CREDENTIALS": wanted,
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert "Azure issues no token for https://management.azure.com (default): " in done.stdout, done.stderr
    assert "give the pod or host an identity, run 'az login', set AZURE_TENANT_ID" in done.stdout
    assert done.stdout.startswith("MlflowLoggingError")
    assert not (tmp_path / "opened").exists()


def test_a_wrong_password_is_told_by_azures_code_and_never_shown(secure_azure, principal):
    with pytest.raises(MlflowLoggingError) as raised:
        log_in({**principal, "service_principal_password": "hunter3"}).get_token()
    assert str(raised.value) == (
        f"Azure issues no token for {secure_azure.secure} (service principal): ClientAuthenticationError AADSTS7000215; "
        "check tenant_id, service_principal_id and service_principal_password, and the cloud"
    )
    assert "hunter" not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_what_azure_quotes_of_a_login_is_neither_told_nor_logged_nor_in_a_traceback(
    secure_azure, principal, answers, caplog
):
    """A password in the place of an id, say, where the parts of DL_SERVICE_AUTH_STR were mixed up."""
    logging.getLogger("azure.identity").warning("what others do is still heard")
    said = "AADSTS700016: Application with identifier 'hunter3' was not found in the directory 'Contoso'."
    told = answers(400, {"error": "unauthorized_client", "error_description": said})
    secure_azure.disturb = lambda asked: told if asked.path.endswith("/token") else None
    principal["service_principal_id"] = "hunter3"
    with pytest.raises(MlflowLoggingError, match="ClientAuthenticationError AADSTS700016; check") as raised:
        log_in(principal).get_token()
    assert "hunter3" not in "".join(traceback.format_exception(raised.value))
    assert caplog.messages == ["what others do is still heard"]


@pytest.mark.parametrize(("status", "headers"), [(503, {}), (429, {"Retry_After": "11"})])
def test_an_authority_that_has_no_time_is_worth_another_try(
    secure_azure, principal, answers, status, headers
):
    asked_for = []

    def disturb(asked):
        if asked.path.endswith("/token"):
            asked_for.append(asked)
            told = {"error": "temporarily_unavailable", "error_description": "later"}
            return answers(status, told, **headers)
        return None

    secure_azure.disturb = disturb
    with pytest.raises(TransientReporterError) as raised:
        log_in(principal).get_token()
    assert raised.value.retry_after == (11 if headers else None)
    assert len(asked_for) == 1, "trying again is the desk's work"
    secure_azure.disturb = lambda asked: None
    assert log_in(principal).get_token().token == secure_azure.issued[-1]


def test_an_authority_that_hangs_up_is_worth_another_try(secure_azure, principal):
    def disturb(asked):
        if asked.path.endswith("/token"):
            raise ConnectionAbortedError

    secure_azure.disturb = disturb
    with pytest.raises(TransientReporterError, match="can be reached from here"):
        log_in(principal).get_token()


def test_an_authority_that_cannot_be_reached_is_worth_another_try(certificates, principal, monkeypatch):
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://127.0.0.1:9")
    with pytest.raises(
        TransientReporterError, match=r"check that https://127\.0\.0\.1:9 can be reached from here"
    ):
        log_in(principal).get_token()


@pytest.mark.parametrize(
    ("cloud", "authority"),
    [
        ("AzureCloud", "login.microsoftonline.com"),
        ("AzureChinaCloud", "login.chinacloudapi.cn"),
        ("AzureUSGovernment", "login.microsoftonline.us"),
    ],
)
def test_each_cloud_is_asked_at_its_own_authority(certificates, principal, monkeypatch, cloud, authority):
    """Seen by a proxy that lets nothing through."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        wanted = []

        def listen():
            connection, _ = proxy.accept()
            wanted.append(connection.recv(4096).split(b"\r\n")[0])
            connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with pytest.raises(TransientReporterError):
            log_in(principal, cloud=cloud).get_token()
        thread.join(30)
    assert wanted == [f"CONNECT {authority}:443 HTTP/1.1".encode()] or wanted == [
        f"CONNECT {authority}:443 HTTP/1.0".encode()
    ]
