"""A real MLflow server, a proxy that counts and disturbs what goes to it, and the real machines."""

import contextlib
import http.client
import json
import os
import socket
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from newsdesk import Machine
from newsdesk.testing import Server
from newsdesk_mlflow.testing import ARTIFACTS
from newsdesk_mlflow.testing import mlflow_server as run_server
from newsdesk_mlflow.transport.connecting import connect
from newsdesk_mlflow.transport.rest.store import RestStore

MACHINES = Path(__file__).parents[3] / "examples" / "machines"
SERVER_PYTHON = os.environ.get("MLFLOW_SERVER_PYTHON")
NAMES = ("ae-4tags", "buildonly-4tags", "diff-20tags", "sk-20tags")
_UNSET = (
    "MLFLOW_TRACKING_URI",
    "AZUREML_WORKSPACE_STR",
    "DL_SERVICE_AUTH_STR",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
)


@pytest.fixture(scope="session", autouse=True)
def _clean_environment():
    """No test depends on where the developer logs to, and none tells anybody that it ran."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _UNSET:
            patch.delenv(name, raising=False)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield


@pytest.fixture(scope="session")
def header_plugin(tmp_path_factory):
    """A folder with a plugin for MLflow's client that could add headers: so it has to send the requests."""
    import mlflow.tracking.request_header.registry  # noqa: F401  (first: it would keep the plugin)

    folder = tmp_path_factory.mktemp("plugin")
    info = folder / "header_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: header-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mlflow.request_header_provider]\nx = header_plugin:Provider\n")
    (folder / "header_plugin.py").write_text(
        "class Provider:\n    def in_context(self): return False\n    def request_headers(self): return {}\n"
    )
    return folder


@pytest.fixture
def client_only(header_plugin, monkeypatch):
    """Have every server be reached by MLflow's client."""
    monkeypatch.syspath_prepend(header_plugin)


@pytest.fixture(params=["REST", "client"])
def road(request):
    """Each way to reach a server."""
    if request.param == "client":
        request.getfixturevalue("client_only")
    assert (type(connect("http://h").store) is RestStore) is (request.param == "REST")
    return request.param


@pytest.fixture(scope="session")
def record():
    """Give a fresh record of one of the real machines."""
    return lambda name: json.loads((MACHINES / f"{name}.json").read_bytes())


@pytest.fixture(scope="session")
def expected():
    """Give the items that a real machine must have."""
    return lambda name: json.loads((MACHINES / "expected" / f"{name}.json").read_bytes())


@pytest.fixture
def machine(record):
    """A real machine with a name that no other test uses."""
    return Machine.from_dict({**record("ae-4tags"), "name": f"machine-{uuid.uuid4().hex[:12]}"})


class MlflowServer:
    """A running server, seen by its REST API and not by the client that is tested."""

    def __init__(self, url, folder):
        self.url = url
        self.folder = Path(folder)

    def call(self, method, path, **fields):
        kind = "params" if method == "GET" else "json"
        response = requests.request(method, f"{self.url}/api/2.0/mlflow/{path}", **{kind: fields}, timeout=30)
        response.raise_for_status()
        return response.json()

    def experiment(self, name):
        return self.call("GET", "experiments/get-by-name", experiment_name=name)["experiment"]

    def runs(self, experiment, view="ACTIVE_ONLY"):
        ids = [self.experiment(experiment)["experiment_id"]]
        found = self.call("POST", "runs/search", experiment_ids=ids, max_results=1000, run_view_type=view)
        return [Seen(self, run) for run in found.get("runs", [])]

    def run(self, experiment):
        (run,) = self.runs(experiment)
        return run

    def delete_runs(self, experiment):
        """Delete all runs, as a user does by hand."""
        for run in self.runs(experiment):
            self.call("POST", "runs/delete", run_id=run.id)

    def change_record(self, run, content):
        """Replace the record of a run on the server's disk, as somebody does by hand; None removes it."""
        path = run.artifact_uri.removeprefix("mlflow-artifacts:/")
        file = self.folder / ARTIFACTS / path / "metadata.json"
        file.unlink()
        if content is not None:
            file.write_bytes(content)

    def records(self, experiment):
        """The record of each run; none, where nothing was reported to that experiment yet."""
        with contextlib.suppress(requests.HTTPError):
            return [run.artifact("metadata.json") for run in self.runs(experiment)]
        return []


class Seen:
    """One run, as the server has it."""

    def __init__(self, server, run):
        self.server = server
        self.id = run["info"]["run_id"]
        self.name = run["info"]["run_name"]
        self.status = run["info"]["status"]
        self.artifact_uri = run["info"]["artifact_uri"]
        self.params = {param["key"]: param["value"] for param in run["data"].get("params", [])}
        self.tags = {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}
        self.metric_keys = {metric["key"] for metric in run["data"].get("metrics", [])}

    def metrics(self):
        """Every point as (key, value, step), sorted, and all timestamps."""
        points, timestamps = [], set()
        for key in self.metric_keys:
            found = self.server.call("GET", "metrics/get-history", run_id=self.id, metric_key=key)["metrics"]
            points += [(key, point["value"], int(point.get("step", 0))) for point in found]
            timestamps |= {point["timestamp"] for point in found}
        return sorted(points, key=repr), timestamps

    def artifact(self, name):
        path = f"{self.artifact_uri.removeprefix('mlflow-artifacts:')}/{name}"
        response = requests.get(f"{self.server.url}/api/2.0/mlflow-artifacts/artifacts{path}", timeout=30)
        response.raise_for_status()
        return response.content


if SERVER_PYTHON:

    @pytest.fixture(scope="session")
    def mlflow_server(tmp_path_factory):
        """A server of another environment: of another version, or where this one has only mlflow-skinny."""
        server = Server("newsdesk_mlflow.testing:mlflow_server", tmp_path_factory.mktemp("mlflow-server"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "executable", SERVER_PYTHON)
            server.start()
        with server:
            yield server


@pytest.fixture(scope="session")
def server(mlflow_server):
    """An MLflow server with a SQLite store."""
    return MlflowServer(mlflow_server.url, mlflow_server.folder)


@pytest.fixture(scope="session")
def server_on_postgres(tmp_path_factory, postgres_server):
    """An MLflow server with a PostgreSQL store."""
    folder = tmp_path_factory.mktemp("mlflow-on-postgres")
    with run_server(folder, postgres_server.url) as url:
        yield MlflowServer(url, folder)


class Proxy:
    """Stands between client and server: counts the requests, and may answer or cut them off itself."""

    def __init__(self, target):
        self.target = urlsplit(target)
        self.requests = []
        self.disturb = lambda method, path: None
        """Gives (status, headers, body) to answer with, "before" or "after" the server to cut off, or None."""
        self.bodies = []
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def count(self):
        """Requests since the last time this was asked."""
        count = len(self.requests)
        self.requests.clear()
        return count


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def handle_any(self):
        path = urlsplit(self.path).path
        body = self._body()
        self.proxy.requests.append(f"{self.command} {path.rpartition('/mlflow/')[2]}")
        self.proxy.bodies.append(body)
        fault = self.proxy.disturb(self.command, path)
        if isinstance(fault, tuple):
            self._answer(*fault)
            return
        if fault == "before":
            self._cut_off()
            return
        answer = self._forward(body)
        if fault == "after":
            self._cut_off()
            return
        self._answer(*answer)

    do_GET = do_POST = do_PUT = do_PATCH = handle_any

    def _body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _forward(self, body):
        connection = http.client.HTTPConnection(
            self.proxy.target.hostname, self.proxy.target.port, timeout=60
        )
        kept = {
            k: v
            for k, v in self.headers.items()
            if k.lower() not in ("host", "transfer-encoding", "content-length")
        }
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, {**kept, "Content-Length": str(len(body))})
            response = connection.getresponse()
            return (
                response.status,
                {"Content-Type": response.headers.get("Content-Type", "")},
                response.read(),
            )

    def _answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _cut_off(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args):
        pass


@pytest.fixture
def proxy(server):
    between = Proxy(server.url)
    yield between
    between.close()
