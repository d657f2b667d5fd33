"""Why there is no answer: real sockets, and what a delivery makes of them."""

import contextlib
import socket
import ssl
import threading

import pytest
import requests
from newsdesk import DeliveryFailed, Desk, Retry, TransientReporterError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter
from newsdesk_mlflow.connections import reason_of

REFUSED_TOKEN = "hunter2-token"

pytestmark = pytest.mark.usefixtures("road")


@pytest.fixture
def listener():
    """Give a function that answers each connection with some bytes, and gives the port and who came."""
    with contextlib.ExitStack() as stack:

        def serve(answer, context=None):
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            connections = []

            def run():
                with contextlib.suppress(OSError):
                    while True:
                        client, _ = server.accept()
                        connections.append(client)
                        with contextlib.suppress(OSError), client:
                            side = context.wrap_socket(client, server_side=True) if context else client
                            side.recv(1 << 16)
                            side.sendall(answer)

            threading.Thread(target=run, daemon=True).start()
            # accept() is not ended by close() everywhere.
            stack.callback(server.shutdown, socket.SHUT_RDWR)
            return server.getsockname()[1], connections

        yield serve


def failure_of(uri):
    """Give the error and the attempts of a delivery."""
    retry = Retry(attempts=2, initial=0.01)
    with Desk(MlFlowReporter(tracking_uri=uri), retry=retry) as desk, pytest.raises(DeliveryFailed) as raised:
        desk.report({"name": "m"})
    (receipt,) = raised.value.receipts
    return receipt.error, receipt.attempts


def test_https_to_a_server_without_tls_is_permanent(server):
    uri = server.url.replace("http://", "https://")
    error, attempts = failure_of(uri)
    assert str(error) == f"cannot connect to {uri}: the server speaks plain HTTP; use http://"
    assert (type(error), attempts) == (MlflowLoggingError, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x15\x03\x03\x00\x02\x02\x46",
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        b"<html><center>The plain HTTP request was sent to HTTPS port</center></html>",
    ],
    ids=["alert", "Go", "nginx"],
)
def test_http_to_a_server_with_tls_is_permanent(listener, answer):
    port, connections = listener(answer)
    error, attempts = failure_of(f"http://127.0.0.1:{port}")
    assert str(error) == f"cannot connect to http://127.0.0.1:{port}: the server speaks TLS; use https://"
    assert (type(error), attempts, len(connections)) == (MlflowLoggingError, 1, 1)


def test_a_certificate_that_is_not_trusted_or_of_another_host_is_permanent(listener, tmp_path, monkeypatch):
    trustme = pytest.importorskip("trustme")
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("mlflow.example").configure_cert(context)
    port, _ = listener(b"", context)
    uri = f"https://127.0.0.1:{port}"
    remedy = "; set REQUESTS_CA_BUNDLE to its CA, or use the host name that the certificate is for"
    for reason in ("unable to get local issuer certificate", "IP address mismatch"):
        error, attempts = failure_of(uri)
        assert (type(error), attempts) == (MlflowLoggingError, 1)
        text = str(error)
        assert text.startswith(f"cannot connect to {uri}: its certificate cannot be verified (")
        assert reason in text
        assert text.endswith(remedy)
        ca.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


def test_what_does_not_speak_http_is_permanent(listener):
    port, _ = listener(b"SSH-2.0-OpenSSH_9.6\r\n")
    error, attempts = failure_of(f"http://127.0.0.1:{port}")
    assert str(error) == f"cannot connect to http://127.0.0.1:{port}: it does not speak HTTP; check the port"
    assert (type(error), attempts) == (MlflowLoggingError, 1)


def test_a_closed_port_an_unknown_host_and_a_closed_connection_may_pass(listener):
    for uri, text in (
        ("http://127.0.0.1:9", "cannot connect to http://127.0.0.1:9: refused; check host and port"),
        (
            "http://no-such-host.invalid",
            "cannot connect to http://no-such-host.invalid: unknown host; check the name",
        ),
    ):
        error, attempts = failure_of(uri)
        assert (str(error), type(error), attempts) == (text, TransientReporterError, 2)
    port, _ = listener(b"")
    error, attempts = failure_of(f"http://127.0.0.1:{port}")
    assert str(error) == (
        f"MLflow at http://127.0.0.1:{port} cannot look up the experiment 'm': it closed the connection"
    )
    assert (type(error), attempts) == (TransientReporterError, 2)


@pytest.mark.parametrize(
    ("answer", "reason", "attempts"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "the proxy answers 407 (it wants a login)",
            1,
        ),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "the proxy answers 403", 1),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "the proxy answers 503", 2),
    ],
)
def test_a_proxy_that_refuses_is_named_without_its_login(listener, monkeypatch, answer, reason, attempts):
    port, connections = listener(answer)
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:hunter2@127.0.0.1:{port}")
    error, tried = failure_of("https://mlflow.invalid")
    assert str(error) == (
        f"cannot connect to https://mlflow.invalid (via the proxy http://***@127.0.0.1:{port}): {reason}; check "
        "HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
    )
    assert tried == len(connections) == attempts


def test_a_proxy_that_cannot_be_reached_may_be_there_later(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    error, attempts = failure_of("http://mlflow.invalid")
    assert str(error) == (
        "cannot connect to http://mlflow.invalid (via the proxy http://127.0.0.1:9): the proxy: refused; check "
        "HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
    )
    assert attempts == 2


@pytest.mark.parametrize(
    ("error", "text", "may_pass"),
    [
        (requests.exceptions.SSLError("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred"), "broke off", True),
        (requests.exceptions.SSLError("[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert"), "broke off", True),
        (
            requests.exceptions.SSLError(
                "SSLError(1, '[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert (_ssl.c)')"
            ),
            "no TLS connection (tlsv13 alert); check the versions of TLS",
            False,
        ),
        (requests.exceptions.SSLError("[SSL] record layer failure (_ssl.c:1000)"), "plain HTTP", False),
        (
            requests.exceptions.ProxyError("Your proxy appears to only use HTTP and not HTTPS"),
            "the proxy speaks",
            False,
        ),
        (
            requests.exceptions.InvalidHeader(f"Invalid return character: 'Bearer {REFUSED_TOKEN}'"),
            "a header",
            False,
        ),
        (requests.TooManyRedirects("Exceeded 30"), "in a circle", False),
        (requests.exceptions.InvalidURL("no host"), "InvalidURL: no host", False),
        (requests.ConnectTimeout("refused.example timed out"), "no answer in time", True),
        (requests.ConnectionError("[Errno 113] No route to host"), "no route", True),
        (
            requests.ConnectionError("HTTPConnectionPool(host='refused', port=80): odd"),
            "ConnectionError: ",
            True,
        ),
    ],
)
def test_what_may_pass_by_itself_is_told_from_what_is_a_matter_of_settings(error, text, may_pass):
    reason = reason_of(error)
    assert (text in reason.text, reason.may_pass) == (True, may_pass), reason
    assert REFUSED_TOKEN not in reason.text
