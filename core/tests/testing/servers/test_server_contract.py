"""The checks of a server plugin pass a good one, and catch each kind of bad one."""

import textwrap
import urllib.error
import urllib.request

import pytest
from newsdesk.testing import ServerContract, ServerFailed

SERVE = """
import contextlib, http.server, threading
from pathlib import Path

class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        self.server.file.touch()
        self.send_response(201)
        self.end_headers()

    def do_GET(self):
        self.send_response(200 if self.server.file.exists() else 404)
        self.end_headers()

@contextlib.contextmanager
def run(file, port=0, forgets=False):
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.file = file
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        if forgets:
            file.unlink(missing_ok=True)

def good(folder): return run(folder / "kept")
def forgetful(folder): return run(folder / "kept", forgets=True)
def shared(folder): return run(Path(__file__).with_suffix(".kept"))

@contextlib.contextmanager
def one_port(folder):
    file = Path(__file__).with_suffix(".port")
    with run(folder / "kept", int(file.read_text()) if file.exists() else 0) as url:
        file.write_text(url.rpartition(":")[2])
        yield url
"""


def put(url):
    urllib.request.urlopen(urllib.request.Request(url, method="PUT"))


def holds(url):
    try:
        return urllib.request.urlopen(url).status == 200
    except urllib.error.HTTPError:
        return False


@pytest.fixture
def contract(tmp_path, monkeypatch):
    """Give the checks of one of these servers."""
    (tmp_path / "contract_servers.py").write_text(textwrap.dedent(SERVE))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def of(name):
        made = type("Checks", (ServerContract,), {"serve": f"contract_servers:{name}"})()
        folder = tmp_path / name
        folder.mkdir()
        return made, folder

    return of


def test_a_good_server_passes(contract):
    checks, folder = contract("good")
    checks.test_what_it_keeps_survives_a_restart(folder, put, holds)
    checks.test_two_run_at_once_and_stay_apart(folder, put, holds)


def test_one_that_forgets_is_caught(contract):
    checks, folder = contract("forgetful")
    with pytest.raises(AssertionError, match="after a restart in the same folder, what was stored is gone"):
        checks.test_what_it_keeps_survives_a_restart(folder, put, holds)


def test_one_that_shares_a_place_is_caught(contract):
    checks, folder = contract("shared")
    with pytest.raises(AssertionError, match="two servers of two folders share what was stored"):
        checks.test_two_run_at_once_and_stay_apart(folder, put, holds)


def test_one_with_a_fixed_port_is_caught(contract):
    checks, folder = contract("one_port")
    with pytest.raises(ServerFailed, match="Address already in use"):
        checks.test_two_run_at_once_and_stay_apart(folder, put, holds)
