"""What is sent to a server is what MLflow's client sends: login, workspace, proxies, certificates, paths."""

import contextlib
import json
import math
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import pytest
import requests
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter
from newsdesk_mlflow.transport.rest.session import AnswerError, Session
from newsdesk_mlflow.transport.rest.store import RestStore
from newsdesk_mlflow.transport.store import RunSearch

COMPARED = ("Authorization", "Proxy-Authorization", "X-MLFLOW-WORKSPACE", "Host")
PASSWORD, TOKEN = "hunter2 p\u00e4ss:word", "hunter2-token"

KNOWS_WORKSPACES = find_spec("mlflow.utils.workspace_context") is not None
"""Whether MLflow's client, which ours is compared with, knows them."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer({"workspaces_enabled": self.server.workspaces})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"experiments": []})

    def answer(self, fields):
        headers = {name: self.headers[name] for name in COMPARED if self.headers[name]}
        self.server.seen.append((self.path, headers, self.headers["User-Agent"]))
        status, body = self.server.reply() or (200, json.dumps(fields).encode())
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def recorder():
    """Give a function that starts a server, or a proxy, which records what it is sent."""
    with contextlib.ExitStack() as stack:

        def start(tls=None):
            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.daemon_threads = True
            server.handle_error = lambda *_: None  # a client that does not trust it hangs up
            server.seen, server.workspaces, server.reply = [], True, lambda: None
            server.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
            if tls:
                server.socket = tls.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return server

        yield start


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """No test depends on what the developer's own home has."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def both(header_plugin):
    """Give a function that pings a tracking URI both ways, and gives what each has raised or None."""

    def ping(uri):
        outcomes = []
        for by_client in (False, True):
            with pytest.MonkeyPatch.context() as patch:
                if by_client:
                    patch.syspath_prepend(header_plugin)
                reporter = MlFlowReporter(tracking_uri=uri)
                try:
                    reporter.ping()
                    outcomes.append(None)
                except Exception as error:  # noqa: BLE001  (it is compared)
                    outcomes.append((type(error), str(error)))
                if reporter.tracking is not None:
                    assert (type(reporter.tracking.store) is RestStore) is not by_client
        return outcomes

    return ping


def file_with_login(home, username="me", password=PASSWORD):
    folder = home / ".mlflow"
    folder.mkdir()
    login = f"mlflow_tracking_username = {username}\nmlflow_tracking_password = {password}\n"
    (folder / "credentials").write_text(f"[mlflow]\n{login}")


LOGINS = {
    "none": {},
    "basic": {"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": PASSWORD},
    "user alone": {"MLFLOW_TRACKING_USERNAME": "me"},
    "token": {"MLFLOW_TRACKING_TOKEN": TOKEN},
    "both": {
        "MLFLOW_TRACKING_USERNAME": "me",
        "MLFLOW_TRACKING_PASSWORD": PASSWORD,
        "MLFLOW_TRACKING_TOKEN": TOKEN,
    },
    **({"workspace": {"MLFLOW_WORKSPACE": " team-a "}} if KNOWS_WORKSPACES else {}),
}


@pytest.mark.parametrize("variables", LOGINS.values(), ids=LOGINS)
@pytest.mark.parametrize("user_info", ["", "you:hunter3%20x@"])
@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("netrc", [False, True])
def test_the_login_is_the_same(recorder, both, tmp_path, monkeypatch, *, variables, user_info, stored, netrc):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if stored:
        file_with_login(tmp_path)
    if netrc:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login net password hunter4\n")
    server = recorder()
    assert both(server.url.replace("://", f"://{user_info}") + "/at/") == [None, None]
    ours, theirs = (server.seen[: len(server.seen) // 2], server.seen[len(server.seen) // 2 :])
    assert [seen[:2] for seen in ours] == [seen[:2] for seen in theirs]
    assert ours[-1][0] == "/at/api/2.0/mlflow/experiments/search"
    assert ours[-1][2].startswith("newsdesk-mlflow/")


def test_a_request_names_newsdesk_and_its_version(recorder):
    server = recorder()
    MlFlowReporter(tracking_uri=server.url).ping()
    assert server.seen[0][2] == "newsdesk-mlflow/0.1.0"


def test_a_workspace_is_asked_for_once_and_refused_where_there_are_none(recorder, both, monkeypatch):
    monkeypatch.setenv("MLFLOW_WORKSPACE", "team-a")
    server = recorder()
    with MlFlowReporter(tracking_uri=server.url) as reporter:
        reporter.ping()
        reporter.ping()
    assert [path for path, *_ in server.seen] == [
        "/api/3.0/mlflow/server-info",
        *["/api/2.0/mlflow/experiments/search"] * 2,
    ]
    other = recorder()
    other.workspaces = False
    ours, theirs = both(other.url)
    assert "Active workspace 'team-a' cannot be used" in ours[1]
    assert ours == theirs or not KNOWS_WORKSPACES


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_a_proxy_is_used_unless_the_server_is_excepted(recorder, both, monkeypatch, variable):
    proxy, server = recorder(), recorder()
    monkeypatch.setenv(variable, proxy.url.replace("://", "://me:hunter2@"))
    assert both("http://mlflow.invalid/at") == [None, None]
    (path, headers, _), theirs = proxy.seen
    assert path == "http://mlflow.invalid/at/api/2.0/mlflow/experiments/search"
    assert "Proxy-Authorization" in headers
    assert theirs[:2] == (path, headers)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert both(server.url) == [None, None]
    assert (len(proxy.seen), len(server.seen)) == (2, 2)


@pytest.fixture
def authority(tmp_path):
    trustme = pytest.importorskip("trustme")
    ca = trustme.CA()
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(path)
    return ca, path


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize(
    ("variables", "trusted"),
    [
        ({}, False),
        ({"REQUESTS_CA_BUNDLE": "{ca}"}, True),
        ({"CURL_CA_BUNDLE": "{ca}"}, True),
        ({"MLFLOW_TRACKING_SERVER_CERT_PATH": "{ca}"}, True),
        ({"MLFLOW_TRACKING_SERVER_CERT_PATH": "{ca}", "REQUESTS_CA_BUNDLE": "/dev/null"}, True),
        ({"MLFLOW_TRACKING_SERVER_CERT_PATH": "/no/such/file"}, False),
        ({"MLFLOW_TRACKING_INSECURE_TLS": "true"}, True),
        ({"MLFLOW_TRACKING_INSECURE_TLS": "false"}, False),
    ],
)
def test_certificates_are_verified_alike(recorder, both, authority, monkeypatch, *, variables, trusted):
    ca, path = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(ca=path))
    server = recorder(context)
    ours, theirs = both(server.url)
    assert ours == theirs
    assert (ours is None) is trusted
    assert len(server.seen) == (2 if trusted else 0)


@pytest.mark.parametrize("given", [True, False])
def test_a_certificate_of_the_client_is_shown(recorder, both, authority, tmp_path, monkeypatch, *, given):
    ca, path = authority
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(path))
    context.verify_mode = ssl.CERT_REQUIRED
    ca.issue_cert("127.0.0.1").configure_cert(context)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    if given:
        own = tmp_path / "own.pem"
        ca.issue_cert("me.example").private_key_and_cert_chain_pem.write_to_path(own)
        monkeypatch.setenv("MLFLOW_TRACKING_CLIENT_CERT_PATH", str(own))
    server = recorder(context)
    outcomes = both(server.url)
    assert outcomes == [None, None] if given else None not in outcomes


def test_two_variables_that_exclude_each_other_are_named(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/ca.pem")
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri="https://127.0.0.1:9").ping()
    assert str(raised.value) == (
        "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH exclude each other; unset one"
    )


@pytest.mark.parametrize("text", ["soon", "-1", "0", "1.5"])
def test_a_timeout_that_is_no_number_of_seconds_is_named(monkeypatch, text):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", text)
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri="http://127.0.0.1:9").ping()
    assert str(raised.value) == (
        f"MLFLOW_HTTP_REQUEST_TIMEOUT must be a whole number of seconds above 0, but is {text!r}"
    )


@pytest.mark.parametrize("text", ["mlflow_tracking_password = hunter2\n", "[mlflow]\nhunter2\n", "\xff"])
def test_a_file_with_a_login_that_is_not_valid_is_named_and_not_quoted(tmp_path, text):
    file_with_login(tmp_path)
    (tmp_path / ".mlflow" / "credentials").write_text(text, "latin-1")
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri="http://127.0.0.1:9").ping()
    assert str(raised.value) == (
        "~/.mlflow/credentials cannot be read; write [mlflow], and below it mlflow_tracking_username = …"
    )
    assert raised.value.__context__ is None


def test_a_password_of_the_file_is_not_shown_when_a_server_quotes_it(tmp_path, recorder):
    file_with_login(tmp_path, password="hunter2-in-a-file")
    server = recorder()
    server.reply = lambda: (500, b"no hunter2-in-a-file here")
    with pytest.raises(Exception, match="it answers 500") as raised:
        MlFlowReporter(tracking_uri=server.url).ping()
    assert str(raised.value).endswith(": no *** here")
    assert "hunter2" not in str(raised.value.__cause__)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"{}", b'{"experiment": 1}', b'{"experiment": {"name": "m"}}', b"\xff", b"ok"]
)
def test_an_answer_without_what_was_asked_for_is_not_taken_for_one(recorder, body):
    server = recorder()
    server.reply = lambda: (200, body)
    with pytest.raises(MlflowLoggingError, match=r"cannot look up the experiment 'm': it answers 200 \(ok\)"):
        MlFlowReporter(tracking_uri=server.url).report({"name": "m"})


def test_what_others_have_logged_may_be_no_unicode(recorder):
    """A lone surrogate, which not every reader of JSON takes."""
    run = {
        "info": {"run_id": "r", "experiment_id": 1, "status": "RUNNING", "start_time": "7"},
        "data": {"tags": [{"key": "k", "value": "\ud800"}, {"key": "empty"}]},
    }
    server = recorder()
    server.reply = lambda: (200, json.dumps({"runs": [run]}).encode())
    (found,) = RestStore(server.url).search_runs(RunSearch(("1",), "")).found
    assert (found.start_time, found.experiment_id) == (7, "1")
    assert dict(found.tags) == {"k": "\ud800", "empty": ""}


def test_a_history_of_several_pages_is_read_to_its_end(recorder):
    pages = iter([({"metrics": [{"value": "NaN", "step": "3"}], "next_page_token": "t"}), {"metrics": []}])
    server = recorder()
    server.reply = lambda: (200, json.dumps(next(pages)).encode())
    ((step, value),) = RestStore(server.url).metric_history("r", "loss")
    assert (step, math.isnan(value)) == (3, True)
    assert [path.partition("?")[2] for path, *_ in server.seen] == [
        "run_id=r&metric_key=loss",
        "run_id=r&metric_key=loss&page_token=t",
    ]


def test_a_session_keeps_one_connection_and_closes_it(recorder):
    server = recorder()
    clients = set()
    real = Handler.answer

    class Noting(Handler):
        def answer(self, fields):
            clients.add(self.client_address)
            real(self, fields)

    server.RequestHandlerClass = Noting
    with MlFlowReporter(tracking_uri=server.url) as reporter:
        for _ in range(3):
            reporter.ping()
        assert len(clients) == 1
        session = reporter.tracking.store._session
    reporter.ping()
    assert len(clients) == 2
    assert isinstance(session, Session)


def test_an_error_of_an_answer_is_one_of_requests():
    response = requests.Response()
    response.status_code, response._content = 400, b'{"error_code": "BAD_REQUEST", "message": "no"}'
    error = AnswerError(response)
    assert (str(error), error.error_code) == ("BAD_REQUEST: no", "BAD_REQUEST")
