"""The kit, run on each broken reporter; `test_broken.py` looks at what fails."""

import contextlib
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

import broken.content
import broken.folder
import broken.memory
import broken.network
import broken.outages
import broken.repetition
import broken.value
import broken.wire
import pytest
from newsdesk.testing import HTTP, Capabilities, ReporterContract


class Server(ThreadingHTTPServer):
    """Keeps what is put."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """Cut connections are what this is about."""


class Handler(BaseHTTPRequestHandler):
    def do_PUT(self):
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) == length:
            self.server.held[self.path] = body
            self.answer(b"{}")

    def do_GET(self):
        self.answer(self.server.held.get(self.path, b""))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Not here."""


class FolderContract:
    @pytest.fixture
    def build(self, tmp_path):
        cls = REPORTERS[type(self).__name__.removeprefix("Test")]
        mode = frozenset("x") if cls is broken.value.TakesAFrozenSet else "x"
        return lambda: cls(str(tmp_path / "records"), mode)

    @pytest.fixture
    def read(self, tmp_path):
        return lambda: [
            line for path in tmp_path.glob("records/*.json") for line in path.read_bytes().split(b"\n")
        ]

    @pytest.fixture
    def wipe(self, tmp_path):
        return lambda: shutil.rmtree(tmp_path / "records")

    @pytest.fixture
    def broken(self, tmp_path):
        @contextlib.contextmanager
        def a_file_in_its_place():
            folder = (tmp_path / "records").rename(tmp_path / "aside")
            (tmp_path / "records").touch()
            yield
            (tmp_path / "records").unlink()
            folder.rename(tmp_path / "records")

        return a_file_in_its_place


class WireContract:
    @pytest.fixture
    def server(self):
        with Server(("127.0.0.1", 0), Handler) as server:
            server.held = {}
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            yield server
            server.shutdown()
            thread.join()

    @pytest.fixture
    def upstream(self, server):
        return f"http://127.0.0.1:{server.server_port}"

    @pytest.fixture
    def build(self):
        return REPORTERS[type(self).__name__.removeprefix("Test")]

    @pytest.fixture
    def read(self, server):
        return lambda: [record for path, record in server.held.items() if path.startswith("/records/")]


SPECIAL = {
    "RemembersTheLastRevision": {"processes": True},
    "Folder": {"name": "folder", "processes": True, "metrics": 100_000},
    "ShowsASecret": {"secrets": ("handshake",)},
    "IsCalledOtherwise": {"name": "otherwise"},
    "BringsABackendAlong": {"name": "brings"},
    "TellsAlterationsInItsPlanAlone": {"alters": {"long-names": 2}},
    "HoldsEverything": {"holds": True},
    "FailsWhenItIsPinged": {"ping": True},
    "SharesStateBetweenThreads": {},
    "ReadsAndWritesOneFile": {"processes": True},
    "LetsAPingFailInItsOwnWords": {"ping": True},
    "Kept": {"ping": True},
    "PingsNobody": {"ping": True},
    "KeepsADeadConnection": {"ping": True},
    "Holding": {"holds": True},
    "HoldsNothingInAnOutage": {"holds": True},
}
"""What one is declared to do beside what all are."""


def contract(name, reporter):
    """Make the test of a broken reporter."""
    wire = issubclass(reporter, broken.wire.Wire)
    usual = {"network": HTTP} if wire else {"processes": False}
    usual |= {"holds": True, "ping": True} if issubclass(reporter, broken.memory.Held) else {}
    capabilities = Capabilities(**{"metrics": 5000, **usual, **SPECIAL.get(name, {})})
    bases = (WireContract if wire else FolderContract, ReporterContract)
    return type(f"Test{name}", bases, {"capabilities": capabilities, "__module__": __name__})


REPORTERS = {
    name: value
    for module in vars(broken).values()
    if isinstance(module, ModuleType)
    for name, value in vars(module).items()
    if isinstance(value, type) and value.__module__ == module.__name__
}

for _name, _reporter in REPORTERS.items():
    globals()[f"Test{_name}"] = contract(_name, _reporter)
