"""What servers answer that is not what was asked for, and logins: tried once, and never shown."""

import email.utils
import json
import time
import traceback
from http import HTTPStatus

import pytest
from newsdesk import DeliveryFailed, Desk, Retry, TransientReporterError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter
from newsdesk_mlflow.responses import Answer, seconds_to_wait

TOKEN, PASSWORD = "hunter2-token-of-the-server", "hunter2-password"
BASIC = "bWU6aHVudGVyMi1wYXNzd29yZA=="
"""`me:hunter2-password` in base64."""

pytestmark = pytest.mark.usefixtures("road")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "Wed, 25 Nov 2026 10:00:30 GMT", "Date": "Wed, 25 Nov 2026 10:00:00 GMT"}, 30),
        ({"Retry-After": "Wednesday, 25-Nov-26 10:00:30 GMT", "Date": "Wed, 25 Nov 2026 10:00:00 GMT"}, 30),
        ({"Retry-After": "Wed, 25 Nov 2026 09:00:00 GMT", "Date": "Wed, 25 Nov 2026 10:00:00 GMT"}, 0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT", "Date": "garbage"}, 0),
        *(
            ({"Retry-After": text}, None)
            for text in ("", "soon", "-5", "1e3", "NaN", "99 Nov 2026", "9" * 400)
        ),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_clock_and_garbage_is_ignored(headers, seconds):
    assert seconds_to_wait(headers) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_a_date_to_come_again_is_kept(proxy, status):
    tomorrow = email.utils.formatdate(time.time() + 86_400, usegmt=True)
    proxy.disturb = lambda *_: (status, {"Retry-After": tomorrow}, b"")
    with pytest.raises(TransientReporterError) as raised:
        MlFlowReporter(tracking_uri=proxy.url).ping()
    assert raised.value.retry_after > 80_000
    meaning = {429: "rate limit", 503: "service unavailable"}[status]
    assert str(raised.value) == (
        f"MLflow at {proxy.url} cannot list its experiments: it answers {status} ({meaning})"
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_names_the_address_and_is_not_followed(proxy, machine, status):
    def moved(method, path):
        return status, {"Location": f"https://me:{PASSWORD}@new.example/at{path}?token={TOKEN}"}, b""

    proxy.disturb = moved
    with Desk(MlFlowReporter(tracking_uri=proxy.url)) as desk, pytest.raises(DeliveryFailed) as raised:
        desk.report(machine)
    assert str(raised.value.receipts[0].error) == (
        f"MLflow at {proxy.url} redirects to https://new.example/at ({status}); use that address as the tracking URI"
    )
    assert proxy.count() == 1


@pytest.mark.parametrize(
    ("url", "location", "address"),
    [
        ("http://h/api/2.0/mlflow/runs/search", "https://h/api/2.0/mlflow/runs/search", "https://h"),
        ("http://h/a/api/2.0/x?q=1", "/b/api/2.0/x?q=1", "http://h/b"),
        (
            "http://h/api/2.0/x",
            "https://login.example/authorize?state=secret#x",
            "https://login.example/authorize",
        ),
        ("http://h/api/2.0/x", "", ""),
    ],
)
def test_the_address_of_a_redirect_is_a_tracking_uri(url, location, address):
    assert Answer(307, {"Location": location}, url).redirected_to == address


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            (200, {"Content-Type": "text/html"}, b"<html>welcome</html>"),
            "it answers 200 (ok) with a web page",
        ),
        ((302, {"Location": "https://login.example/"}, b""), "redirects to https://login.example (302)"),
        (
            (503, {}, b"disabled due to the mlflow server running with `--no-serve-artifacts`."),
            "cannot store the artifact metadata.json: the server was started with --no-serve-artifacts",
        ),
    ],
)
def test_an_artifact_that_something_else_takes_is_not_delivered(server, proxy, machine, answer, message):
    """MLflow's own client takes each of the first two for success."""
    proxy.disturb = lambda method, path: answer if method == "PUT" else None
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
    assert message in str(raised.value)
    assert server.run(machine.name).status == "FAILED"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            413,
            f"it answers 413 ({HTTPStatus(413).phrase.lower()}); raise the limit of the proxy in between, such as nginx's "
            "client_max_body_size",
        ),
        (400, "it answers 400 (bad request)"),
        (407, "it answers 407 (proxy authentication required); check the login in HTTP_PROXY"),
        (502, "it answers 502 (bad gateway)"),
    ],
)
def test_a_page_is_never_quoted(proxy, status, said):
    proxy.disturb = lambda *_: (status, {"Content-Type": "text/html"}, b"<html>oh, no</html>")
    with pytest.raises((MlflowLoggingError, TransientReporterError)) as raised:
        MlFlowReporter(tracking_uri=proxy.url).ping()
    assert str(raised.value) == f"MLflow at {proxy.url} cannot list its experiments: {said}"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("request_number", range(7))
def test_a_refusal_ends_a_delivery_at_once(proxy, machine, status, request_number):
    proxy.disturb = lambda *_: (status, {}, b"") if len(proxy.requests) > request_number else None
    retry = Retry(attempts=3, initial=0.01)
    with Desk(MlFlowReporter(tracking_uri=proxy.url), retry=retry) as desk, pytest.raises(DeliveryFailed):
        desk.report(machine)
    assert proxy.count() == request_number + 1


@pytest.mark.parametrize(
    "login",
    [
        {"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": PASSWORD},
        {"MLFLOW_TRACKING_TOKEN": TOKEN},
    ],
)
def test_a_login_that_was_refused_is_not_tried_again_until_it_is_another(proxy, machine, monkeypatch, login):
    for name, value in login.items():
        monkeypatch.setenv(name, value)
    proxy.disturb = lambda *_: (401, {}, b"")
    reporter = MlFlowReporter(tracking_uri=proxy.url)
    machines = [{"name": f"{machine.name}-{number}"} for number in range(4)]
    with Desk(reporter) as desk:
        receipts = [*desk.report_many(machines)]
    assert {type(receipt.error).__name__ for receipt in receipts} == {"RefusedError"}
    with pytest.raises(MlflowLoggingError, match=r"; the same login is not tried again for 5 minutes$"):
        MlFlowReporter(tracking_uri=proxy.url).ping()
    assert proxy.count() == 1
    monkeypatch.setenv([*login][-1], "another")
    proxy.disturb = lambda *_: None
    reporter.ping()
    assert proxy.count() == 1


@pytest.mark.parametrize("text", ["{}\n", " {}", "{}\r\n"])
@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD"])
def test_a_line_break_in_a_login_is_named_and_the_login_is_not_shown(proxy, monkeypatch, name, text):
    monkeypatch.setenv(name, text.format(TOKEN))
    if name == "MLFLOW_TRACKING_PASSWORD":
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri=proxy.url).ping()
    assert str(raised.value) == f"{name} begins or ends with a line break or a space; remove it"
    assert proxy.count() == 0


def links(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("uri", ["{0}", "http://me:hunter2-password@127.0.0.1:9", "http://127.0.0.1:9"])
@pytest.mark.parametrize("status", [401, 400, 429, 503])
def test_no_login_is_shown_by_an_error_or_what_caused_it(proxy, monkeypatch, uri, status):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", TOKEN)
    words = f"no: {PASSWORD} {TOKEN} {BASIC}"
    body = json.dumps({"error_code": "BAD_REQUEST", "message": words}) if status == 400 else words
    proxy.disturb = lambda *_: (status, {"Content-Type": "text/plain"}, body.encode())
    with pytest.raises((MlflowLoggingError, TransientReporterError)) as raised:
        MlFlowReporter(tracking_uri=uri.format(proxy.url)).ping()
    shown = "".join(traceback.format_exception(raised.value))
    for link in links(raised.value):
        shown += f"{link!r} {vars(link)}"
        response = getattr(link, "response", None)
        for request in (getattr(link, "request", None), getattr(response, "request", None)):
            shown += f" {vars(request)}" if request is not None else ""
    for secret in (PASSWORD, TOKEN, BASIC):
        assert secret not in shown


def test_the_login_of_the_environment_is_a_secret_of_the_reporter(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", f"{TOKEN}\n")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://you:hunter3@h")
    assert MlFlowReporter().secret_values() >= {TOKEN, f"{TOKEN}\n", PASSWORD, BASIC, "hunter3"}
