"""A small HTTP server that keeps what it was sent, and a reporter that sends it three requests."""

import http.client
import importlib
import json
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from newsdesk.machine import Machine
from newsdesk.testing import FaultProxy, warm_up

POSTMAN = """
    import http.client
    from urllib.parse import urlsplit

    from newsdesk import BaseReporter, Delivery, PermanentReporterError, TransientReporterError

    class Postman(BaseReporter):
        def __init__(self, url: str, letters: int = 3) -> None:
            self.url = url
            self.letters = letters

        def report(self, machine):
            if machine.name == "poison":
                raise PermanentReporterError("nobody delivers poison")
            connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
            try:
                for letter in range(self.letters):
                    connection.request("POST", f"/letters/{letter}?of={machine.name}", machine.to_json())
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        raise TransientReporterError(f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                raise TransientReporterError(f"the letters did not arrive: {error!r}") from error
            finally:
                connection.close()
            return Delivery(reference=self.url)
"""


class Backend(ThreadingHTTPServer):
    """Keeps what arrives, whole, in its order."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def of(self, name):
        return [path.partition("?")[0] for path, _ in self.seen if path.endswith(f"?of={name}")]

    def handle_error(self, request, client_address):
        """Cut connections are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < int(self.headers["Content-Length"]):
            return
        self.server.seen.append((self.path, body))
        self._answer(json.dumps({"bytes": len(body)}).encode())

    do_PUT = do_POST

    def do_GET(self):
        self.server.seen.append((self.path, b""))
        self._answer(b"x" * 1000)

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()

    def _answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session", autouse=True)
def _warm():
    warm_up(
        "newsdesk.delivery.desk",
        "newsdesk.testing.processes.killing",
        "newsdesk.testing.processes.simultaneous",
    )


@pytest.fixture
def backend():
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(backend):
    with FaultProxy.to(backend.url) as between:
        yield between


@pytest.fixture
def ask(proxy):
    """Give a function that makes one request through the proxy, on a connection of its own or a given one."""

    def make(method="GET", path="/", body=None, connection=None):
        own = connection or http.client.HTTPConnection(proxy.host, proxy.port, timeout=30)
        try:
            own.request(method, path, body)
            answer = own.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            if connection is None:
                own.close()

    return make


@pytest.fixture
def postman(tmp_path, monkeypatch):
    """A reporter's class that child processes can import too."""
    (tmp_path / "postman.py").write_text(textwrap.dedent(POSTMAN))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    monkeypatch.delitem(importlib.import_module("sys").modules, "postman", raising=False)
    return importlib.import_module("postman").Postman


@pytest.fixture
def named():
    return lambda name: Machine.from_dict({"name": name, "project_name": "p", "model": {}, "dataset": {}})
