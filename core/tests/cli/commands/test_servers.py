"""`newsdesk servers`: a plugin's server in the foreground, until a signal ends it."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

PLUGIN = """
    from newsdesk import ServerPlugin, hookimpl

    @hookimpl
    def newsdesk_servers():
        yield ServerPlugin("letters", "letters_plugin:serve")
        yield ServerPlugin("absent", "letters_plugin:absent")
        yield ServerPlugin("broken", "letters_plugin:broken")
"""

SERVE = """
    import contextlib
    import functools
    import http.server
    import threading
    from newsdesk.testing import ServerMissing

    @contextlib.contextmanager
    def serve(folder):
        (folder / "index.html").touch()
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            (folder / "ended").touch()

    @contextlib.contextmanager
    def absent(folder):
        raise ServerMissing("lettersd is not installed: pip install letters-server")
        yield

    @contextlib.contextmanager
    def broken(folder):
        raise OSError("no ink")
        yield
"""


@pytest.fixture
def letters(distribution):
    import textwrap

    source = textwrap.dedent(PLUGIN) + textwrap.dedent(SERVE)
    return distribution("acme-letters", {"letters_plugin": source}, entries={"letters": "letters_plugin"})


def test_the_servers_of_all_plugins_are_listed(newsdesk, letters):
    lines = newsdesk("servers").stdout.splitlines()
    assert "letters: letters_plugin:serve  [acme-letters 1.0]" in lines


@pytest.mark.parametrize(
    ("number", "log_format", "begin"),
    [(signal.SIGINT, "text", ""), (signal.SIGTERM, "json", '{"time": ')],
)
def test_a_server_runs_until_a_signal_and_its_url_is_all_that_is_on_standard_output(
    letters, folder, number, log_format, begin
):
    process = subprocess.Popen(
        [Path(sys.executable).with_name("newsdesk"), "servers", "letters"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(letters), "NEWSDESK_LOG_FORMAT": log_format},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = process.stdout.readline().strip()
    assert urllib.request.urlopen(url).status == 200
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("", 128 + number)
    assert err.startswith(begin or "Running ")
    assert "Running with its data in letters-server; Ctrl-C ends it." in err.splitlines()[0]
    assert (folder / "letters-server" / "ended").exists()


def test_a_server_that_is_not_there_is_told_with_the_nearest(newsdesk, letters):
    told = newsdesk("servers", "leters", code=2).stderr
    assert "no installed plugin has a server 'leters' (did you mean 'letters'?); there are: " in told


@pytest.mark.parametrize(
    ("name", "said"),
    [("absent", "lettersd is not installed: pip install letters-server"), ("broken", "OSError: no ink")],
)
def test_one_that_does_not_start_says_why(letters, folder, name, said):
    done = subprocess.run(
        [Path(sys.executable).with_name("newsdesk"), "servers", name, "--folder", folder / "data"],
        env={**os.environ, "PYTHONPATH": str(letters)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr


def test_one_that_two_plugins_offer_is_refused(newsdesk, letters, distribution):
    distribution("other", {"other_plugin": PLUGIN}, entries={"other": "other_plugin"})
    told = newsdesk("servers", "letters", code=2).stderr
    assert "the server 'letters' is offered by acme-letters 1.0 and other 1.0; uninstall all but one" in told


def test_a_folder_that_cannot_be_made_is_told(newsdesk, letters, folder):
    (folder / "file").touch()
    told = newsdesk("servers", "letters", "--folder", "file/x", code=1).stderr
    assert told == "Error: cannot create 'file/x': Not a directory; give another --folder\n"
