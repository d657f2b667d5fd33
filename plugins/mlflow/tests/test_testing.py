"""The MLflow server of the public fixture."""

import contextlib
import http.client
import socket
import subprocess
import sys
import threading
import time
from importlib import metadata
from urllib.parse import urlsplit

import pytest
from newsdesk import Machine
from newsdesk.testing import ServerContract, ServerFailed, ServerMissing
from newsdesk_mlflow import MlFlowReporter, testing
from newsdesk_mlflow.testing import mlflow_server as run_server

KILLED = """
import os, sys
from newsdesk.testing import Server
server = Server("newsdesk_mlflow.testing:mlflow_server", sys.argv[1])
server.start()
print(server.url, flush=True)
os.kill(os.getpid(), 9)
"""


KEPT = Machine("kept")


@pytest.mark.large
class TestServer(ServerContract):
    serve = "newsdesk_mlflow.testing:mlflow_server"

    @pytest.fixture
    def put(self):
        def put(url):
            with MlFlowReporter(tracking_uri=url) as reporter:
                reporter.report(KEPT)

        return put

    @pytest.fixture
    def holds(self):
        def holds(url):
            with MlFlowReporter(tracking_uri=url) as reporter:
                return reporter.holds([KEPT.key]) == {KEPT.key}

        return holds


def listens(url):
    with socket.socket() as sock:
        return sock.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) == 0


def test_a_server_goes_with_all_its_processes_when_who_started_it_is_killed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, check=False, timeout=200
    )
    url = done.stdout.decode().strip()
    assert done.returncode == -9
    deadline = time.monotonic() + 60
    while listens(url):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_where_only_the_slim_mlflow_is_installed_it_says_what_to_install(tmp_path, monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(ServerMissing) as caught, run_server(tmp_path):
        pass
    assert str(caught.value) == (
        "'mlflow server' needs the full mlflow, but only mlflow-skinny is installed: "
        "pip install 'newsdesk-mlflow[local]'"
    )


def test_a_server_that_does_not_start_tells_its_log(tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\necho "$@: the disk is full"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ServerFailed) as caught, run_server(tmp_path):
        pass
    assert str(caught.value).startswith(f"the MLflow server in {tmp_path} did not start:\n-m mlflow server ")
    assert str(caught.value).endswith(": the disk is full\n")


def test_a_port_is_kept_for_a_folder_and_given_to_no_other_server_meanwhile(tmp_path):
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(testing._reserved(tmp_path / str(number))) for number in range(50)]
    assert len(set(ports)) == 50
    with testing._reserved(tmp_path / "7") as port:
        assert port == ports[7]


def test_a_server_can_listen_at_the_port_that_is_kept_for_it(tmp_path):
    with testing._reserved(tmp_path / "port") as port, socket.create_server(("127.0.0.1", port)):
        assert listens(f"http://127.0.0.1:{port}")


def test_a_port_that_something_else_has_for_a_moment_is_waited_for(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as dying:
        (tmp_path / "port").write_text(str(dying.getsockname()[1]))
        ends = threading.Timer(0.5, dying.close)
        ends.start()
        with testing._reserved(tmp_path / "port") as port:
            assert not listens(f"http://127.0.0.1:{port}")
        ends.join()


@pytest.mark.skipif(
    metadata.version("mlflow-skinny").startswith("2."), reason="its server keeps no connection"
)
def test_a_silent_connection_is_kept_so_that_no_request_meets_its_end(server):
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/health")
        connection.getresponse().read()
        connection.sock.settimeout(8)  # uvicorn's own limit is 5
        with pytest.raises(TimeoutError):
            connection.sock.recv(1)


def test_the_settings_of_the_one_who_tests_do_not_reach_the_server(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://production.example")
    assert "MLFLOW_TRACKING_URI" not in testing._environment()
    assert testing._environment()["MLFLOW_DISABLE_TELEMETRY"] == "true"
