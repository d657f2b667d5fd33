"""The kit, run on each broken reporter; `test_broken.py` looks at what fails."""

import contextlib
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import broken.content
import broken.folder
import broken.life
import broken.memory
import broken.network
import broken.outages
import broken.reading
import broken.repetition
import broken.secrets
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
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # which delays the body of an answer by 40 ms

    def do_PUT(self):
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) == length:
            self.server.held[self.path] = body
            self.answer(b"{}")

    def do_GET(self):
        asked = urlsplit(self.path)
        found = self.server.held.get(self.path, b"") if asked.path != "/list" else self.page(asked.query)
        self.answer(found)

    def page(self, query):
        under, after, limit = (parse_qs(query).get(name, [""])[0] for name in ("under", "after", "limit"))
        held = sorted(
            (path, body.decode()) for path, body in self.server.held.items() if path.startswith(under)
        )
        return json.dumps([entry for entry in held if entry[0] > after][: int(limit)]).encode()

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
    def values(self, tmp_path):
        def of(machine):
            file = tmp_path / "records" / f"{machine.revision}.shown"
            return (
                dict(zip(["name", "project_name"], json.loads(file.read_text()), strict=True))
                if file.exists()
                else {}
            )

        return of

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


class BareContract:
    @pytest.fixture
    def build(self, tmp_path):
        return lambda: REPORTERS[type(self).__name__.removeprefix("Test")](str(tmp_path / "records"), "x")


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
        while broken.life.LEFT_OPEN:
            broken.life.LEFT_OPEN.pop().close()

    @pytest.fixture
    def upstream(self, server):
        return f"http://127.0.0.1:{server.server_port}"

    @pytest.fixture
    def build(self):
        cls = REPORTERS[type(self).__name__.removeprefix("Test")]
        if not issubclass(cls, broken.secrets.Safe):
            return cls
        return lambda host, port: cls(host, port, password="hunter2hunter2", url=f"http://{host}:{port}")

    @pytest.fixture
    def read(self, server):
        return lambda: [record for path, record in server.held.items() if path.startswith("/records/")]


SPECIAL = {
    "RemembersTheLastRevision": {"processes": True},
    "WritesInPlace": {"processes": True},
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
    "DeliversWithoutKeeping": {"keeps": False, "tells_unchanged": False},
    "TellsUnchangedInSecret": {"tells_unchanged": False},
    "Kept": {"ping": True},
    "PingsNobody": {"ping": True},
    "KeepsADeadConnection": {"ping": True},
    "Holding": {"holds": True},
    "HoldsNothingInAnOutage": {"holds": True},
    "HidesItsFetch": {"fetch": False},
    "Shelf": {"processes": True},
    "ListsWhatIsBeingWritten": {"processes": True},
}
"""What one is declared to do beside what all are."""
READERS = (broken.reading.Shelf, broken.reading.Revisions, broken.reading.Reading)


def contract(name, reporter):
    """Make the test of a broken reporter."""
    wire = issubclass(reporter, broken.wire.Wire)
    usual = {"network": HTTP} if wire else {"processes": False}
    usual |= {"holds": True, "ping": True} if issubclass(reporter, broken.memory.Held) else {}
    usual |= {"fetch": True, "machines": 60} if issubclass(reporter, READERS) else {}
    usual |= {"changed": "adds"} if issubclass(reporter, broken.reading.Revisions) else {}
    capabilities = Capabilities(**{"metrics": 5000, **usual, **SPECIAL.get(name, {})})
    given = BareContract if reporter is broken.life.DeliversWithoutKeeping else FolderContract
    bases = (WireContract if wire else given, ReporterContract)
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
