"""A workspace's tracking URI, asked for over HTTP of what answers like Azure's resource manager."""

import importlib.util

import pytest
from newsdesk import TransientReporterError
from newsdesk_mlflow import MlflowLoggingError
from newsdesk_mlflow.auth.clouds import Cloud
from newsdesk_mlflow.auth.login import Login
from newsdesk_mlflow.auth.workspace import workspace_tracking_uri


class Ready:
    """A credential that has its token already."""

    def __init__(self, token):
        self.token = token

    def get_token(self, scope):
        return self


def login_to(url, token):
    return Login("cli", Cloud("AzureCloud", url, "login.invalid"), lambda _note: Ready(token))


@pytest.fixture
def ask(azure, workspace):
    """Give a function that asks for a workspace's URI."""
    login = login_to(azure.url, azure.issue())
    return lambda **changed: workspace_tracking_uri({**workspace, **changed}, login)


@pytest.fixture
def refused(azure, ask, answers):
    """Give a function that tells the error for an answer."""

    def error(status, body=b"", **headers):
        azure.disturb = lambda asked: answers(status, body, **headers)
        with pytest.raises((MlflowLoggingError, TransientReporterError)) as raised:
            ask()
        assert azure.issued[0] not in f"{raised.value!r} {raised.value.__cause__!r}"
        return raised.value

    return error


def test_the_resource_manager_tells_the_uri(ask, azure):
    assert ask() == azure.tracking_uri


def test_the_version_of_the_api_is_asked_for(ask, azure):
    seen = []
    azure.disturb = lambda asked: seen.append(asked.query["api-version"])
    ask()
    assert seen == [["2024-04-01"]]


def test_what_a_users_netrc_has_for_that_host_does_not_replace_the_token(ask, azure, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(netrc))
    assert ask() == azure.tracking_uri


def test_a_workspace_that_is_not_there_is_told_with_what_to_check(ask, azure):
    with pytest.raises(MlflowLoggingError) as raised:
        ask(workspace_name="w/2")
    assert str(raised.value) == (
        f"{azure.url} does not return the AzureML workspace 'w/2': HTTP status 404 ResourceNotFound; "
        "check subscription_id, resource_group and workspace_name, and the cloud"
    )


def test_a_token_that_is_refused_is_permanent(ask, azure):
    azure.expire()
    with pytest.raises(MlflowLoggingError) as raised:
        ask()
    assert str(raised.value) == (
        f"{azure.url} does not return the AzureML workspace 'w-1': HTTP status 401 UserError; "
        "the token (cli) belongs to another tenant or cloud; check tenant_id and cloud"
    )


def test_who_may_not_read_it_is_told_the_role(refused, azure):
    error = refused(403, {"error": {"code": "AuthorizationFailed", "message": "The client 'x' does not …"}})
    assert type(error) is MlflowLoggingError
    assert str(error) == (
        f"{azure.url} does not return the AzureML workspace 'w-1': HTTP status 403 AuthorizationFailed; "
        "assign this identity (cli) the role 'AzureML Data Scientist' in the workspace"
    )


def test_any_other_refusal_is_permanent_and_an_odd_code_is_left_out(refused, azure):
    error = refused(400, {"error": {"code": "<b>odd</b>"}})
    assert type(error) is MlflowLoggingError
    assert str(error) == (
        f"{azure.url} does not return the AzureML workspace 'w-1': HTTP status 400; check workspace_kwargs and the cloud"
    )


def test_who_asks_too_often_is_told_when_to_come_again(refused):
    error = refused(429, {"error": {"code": "TooManyRequests"}}, Retry_After="17")
    assert (type(error), error.retry_after) == (TransientReporterError, 17)
    assert str(error).endswith("HTTP status 429 TooManyRequests; try again later")


@pytest.mark.parametrize("status", [500, 503, 408])
def test_what_may_pass_is_worth_another_try_whatever_its_body(refused, status):
    assert type(refused(status, b"<html>down</html>")) is TransientReporterError
    assert refused(status, b"[]").retry_after is None


@pytest.mark.parametrize("body", [b"<html>log in to the proxy</html>", b"[]", b""])
def test_an_answer_that_is_no_record_is_told(refused, azure, body):
    error = refused(200, body)
    assert type(error) is MlflowLoggingError
    assert str(error) == (
        f"{azure.url} does not return the AzureML workspace 'w-1': the answer is not JSON but application/octet-stream; "
        "check whether something else, such as a proxy, answers in its place"
    )


@pytest.mark.parametrize("record", [{}, {"properties": None}, {"properties": {"mlFlowTrackingUri": ""}}])
def test_a_workspace_without_a_uri_is_told(refused, record):
    error = refused(200, record)
    assert type(error) is MlflowLoggingError
    assert str(error) == (
        "the AzureML workspace 'w-1' has no tracking URI for MLflow; check that it is ready, and of the kind 'Default'"
    )


def test_a_manager_that_cannot_be_reached_is_worth_another_try(workspace):
    login = login_to("http://127.0.0.1:9", "secret-token")
    with pytest.raises(TransientReporterError) as raised:
        workspace_tracking_uri(workspace, login)
    assert str(raised.value) == (
        "cannot connect to http://127.0.0.1:9 to look up the AzureML workspace 'w-1': refused; check host and port"
    )
    assert "secret-token" not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_a_manager_whose_address_is_none_is_permanent(workspace):
    with pytest.raises(MlflowLoggingError, match="to look up the AzureML workspace 'w-1': InvalidURL: "):
        workspace_tracking_uri(workspace, login_to("http://[", "t"))


def test_what_is_missing_is_told_before_anybody_is_asked(workspace):
    def fails(_note):
        pytest.fail("a token was asked for")

    del workspace["resource_group"]
    with pytest.raises(MlflowLoggingError, match="workspace_kwargs lacks resource_group; it takes"):
        workspace_tracking_uri(workspace, Login("cli", Cloud("", "", ""), fails))


@pytest.mark.skipif(
    importlib.util.find_spec("azure") is None, reason="needs azure-identity, see nox -s azureml"
)
def test_a_token_that_cannot_be_had_is_told_without_what_was_said():
    class Talkative:
        def get_token(self, scope):
            raise RuntimeError("AADSTS50034: hunter2 does not exist")

    login = Login("cli", Cloud("AzureCloud", "https://m", "login.invalid"), lambda _note: Talkative())
    with pytest.raises(MlflowLoggingError) as raised:
        login.get_token()
    assert (
        str(raised.value)
        == "Azure issues no token for https://m (cli): RuntimeError AADSTS50034; run 'az login'"
    )
