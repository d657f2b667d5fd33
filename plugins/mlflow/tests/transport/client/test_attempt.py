"""MLflow's client sends a request of ours once; what the user's own threads send is as they want it."""

import threading

import pytest
from newsdesk import TransientReporterError
from newsdesk_mlflow import MlFlowReporter

RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"

pytestmark = pytest.mark.usefixtures("client_only")


@pytest.fixture
def ping(proxy):
    """Give a function that asks by our reporter."""
    return MlFlowReporter(tracking_uri=proxy.url).ping


@pytest.fixture
def ask(proxy, monkeypatch):
    """Give a function that asks by MLflow's own client, as a user's program does."""
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    client = MlflowClient(tracking_uri=proxy.url)
    return lambda: client.search_experiments(max_results=1)


def test_ours_are_sent_once_and_those_of_the_user_as_often_as_ever(proxy, ping, ask, monkeypatch):
    monkeypatch.setenv(RETRIES, "3")
    # Only for the user: what the environment has for everybody is honoured.
    proxy.disturb = lambda *_: (503, {}, b"")
    with pytest.raises(Exception, match="503"):
        ask()
    assert proxy.count() == 4
    monkeypatch.delenv(RETRIES)
    with pytest.raises(TransientReporterError, match="it answers 503"):
        ping()
    assert proxy.count() == 1


def test_what_the_server_says_with_its_refusal_is_kept(proxy, ping):
    proxy.disturb = lambda *_: (503, {}, b'{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "moving"}')
    with pytest.raises(TransientReporterError, match=r"it answers 503 \(service unavailable\): moving$"):
        ping()


def test_what_the_user_has_set_holds_for_ours_too(proxy, ping, monkeypatch):
    monkeypatch.setenv(RETRIES, "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    proxy.disturb = lambda *_: (503, {}, b"")
    with pytest.raises(TransientReporterError):
        ping()
    assert proxy.count() == 2


@pytest.mark.parametrize("ours_is_held", [True, False])
def test_a_request_of_the_user_during_one_of_ours_keeps_its_retries_and_redirects(
    proxy, server, ping, ask, ours_is_held
):
    """The server answers the first request only when the second one, of the other, has been answered."""
    held, answered = threading.Event(), threading.Event()
    moved = {"Location": f"{server.url}/api/2.0/mlflow/experiments/search"}

    def disturb(method, path):
        if not held.is_set():
            held.set()
            answered.wait(30)
            return None
        return (503, {}, b"") if len(proxy.requests) <= 3 else (307, moved, b"")

    def first():
        results.append((ping if ours_is_held else ask)())

    results = []
    proxy.disturb = disturb
    thread = threading.Thread(target=first)
    thread.start()
    held.wait(30)
    if ours_is_held:
        assert ask() is not None  # after two refusals, and at the address that it was led to
        assert proxy.count() == 4
    else:
        with pytest.raises(TransientReporterError):
            ping()
        assert proxy.count() == 2
    answered.set()
    thread.join(30)
    assert len(results) == 1
