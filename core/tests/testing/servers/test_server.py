"""A server for tests starts, stops, says why it failed, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time

import pytest
from newsdesk.testing import Server, ServerFailed, ServerMissing
from newsdesk.testing.servers import server

ACME = """
    import contextlib
    import os
    import subprocess
    import time

    from newsdesk.testing import ServerMissing

    @contextlib.contextmanager
    def serve(folder):
        process = subprocess.Popen(["sleep", "600"])
        with (folder / "pids").open("a") as pids:
            pids.write(f"{process.pid}\\n")
        print("said by the server's own code", flush=True)
        try:
            yield f"acme://{process.pid}"
        finally:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def hanging(folder):
        with serve(folder):
            time.sleep(600)
        yield ""

    @contextlib.contextmanager
    def missing(folder):
        raise ServerMissing("acme is not installed: pip install acme")
        yield

    @contextlib.contextmanager
    def broken(folder):
        raise OSError("no room for acme")
        yield

    @contextlib.contextmanager
    def silent(folder):
        os._exit(3)
        yield

    @contextlib.contextmanager
    def stubborn(folder):
        yield "acme://"
        raise OSError("acme does not end")

    class Nested:
        serve = staticmethod(serve)
"""


@pytest.fixture(autouse=True)
def acme(distribution, monkeypatch):
    """A module with servers, which other processes find as well."""
    monkeypatch.setenv("PYTHONPATH", str(distribution("acme", {"acme_servers": ACME})))


@pytest.fixture
def new(tmp_path):
    """Give a server by its name in the module; whatever became of it, it is ended."""
    made = []

    def make(name):
        made.append(Server(f"acme_servers:{name}", tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def pids(folder):
    return [int(line) for line in (folder / "pids").read_text().split()]


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["serve", "Nested.serve"])
def test_a_server_runs_until_it_is_stopped(new, tmp_path, name):
    acme = new(name)
    acme.start()
    [pid] = pids(tmp_path)
    assert acme.url == f"acme://{pid}"
    assert is_there(pid)
    acme.stop()
    assert not is_there(pid)


def test_starting_and_stopping_again_is_fine(new, tmp_path):
    acme = new("serve")
    for _ in range(2):
        acme.start()
    for _ in range(2):
        acme.stop()
    assert len(pids(tmp_path)) == 1


def test_a_server_that_is_restarted_is_another_one_in_the_same_folder(new, tmp_path):
    with new("serve") as acme:
        acme.restart()
        old, young = pids(tmp_path)
        assert acme.url == f"acme://{young}"
        assert (is_there(old), is_there(young)) == (False, True)
    assert not is_there(young)


def test_a_server_that_does_not_run_has_no_address(new):
    with pytest.raises(RuntimeError) as caught:
        _ = new("serve").url
    assert str(caught.value) == "the server 'acme_servers:serve' is not running; call start() first"


def test_what_is_not_installed_is_told(new):
    with pytest.raises(ServerMissing, match=r"^acme is not installed: pip install acme$"):
        new("missing").start()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("broken", "OSError: no room for acme"),
        ("silent", "it ended without a message"),
        ("nobody", "has no attribute 'nobody'"),
    ],
)
def test_why_a_server_does_not_start_is_told(new, name, told):
    with pytest.raises(ServerFailed) as caught:
        new(name).start()
    assert str(caught.value).startswith(f"the server 'acme_servers:{name}' did not start: ")
    assert told in str(caught.value)


def test_a_server_that_does_not_end_well_is_told_with_its_log(new):
    acme = new("stubborn")
    acme.start()
    with pytest.raises(ServerFailed) as caught:
        acme.stop()
    assert str(caught.value).startswith("the server 'acme_servers:stubborn' ended with exit code 1\n")
    assert "OSError: acme does not end" in str(caught.value)


def test_a_server_that_hangs_at_its_start_is_ended_with_what_it_started(new, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "TIMEOUT", 10)
    with pytest.raises(ServerFailed, match="did not start within 10 seconds"):
        new("hanging").start()
    assert not any(map(is_there, pids(tmp_path)))


def test_a_server_goes_when_its_own_process_is_asked_to_end(new, tmp_path):
    acme = new("serve")
    acme.start()
    acme._process.terminate()
    wait_until(lambda: not is_there(*pids(tmp_path)))
    acme.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_goes_with_the_process_that_started_it_however_that_ends(tmp_path, number):
    script = "import os, sys, newsdesk.testing as t; t.Server(*sys.argv[1:3]).start(); os.kill(os.getpid(), int(sys.argv[3]))"
    done = subprocess.run(
        [sys.executable, "-c", script, "acme_servers:serve", str(tmp_path), str(int(number))],
        check=False,
        timeout=60,
    )
    assert done.returncode == -number
    wait_until(lambda: not is_there(*pids(tmp_path)))


def test_a_server_is_shown_without_its_address_which_may_hold_a_password(new, tmp_path):
    with new("serve") as acme:
        assert repr(acme) == f"Server('acme_servers:serve', {str(tmp_path)!r})"
