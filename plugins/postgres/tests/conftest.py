"""A real PostgreSQL for all tests, and an empty database for each."""

import itertools
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter

EXAMPLES = Path(__file__).parents[3] / "examples" / "machines"
MACHINES = sorted(EXAMPLES.glob("*.json"))
NUMBERS = itertools.count()
ORIGINAL_TABLE = """
CREATE TABLE machine (name varchar NOT NULL, dataset jsonb NOT NULL, model jsonb NOT NULL, metadata jsonb NOT NULL);
CREATE UNIQUE INDEX machine_name ON machine (name);
CREATE INDEX machine_dataset ON machine USING gin (dataset);
CREATE INDEX machine_model ON machine USING gin (model);
CREATE INDEX machine_metadata ON machine USING gin (metadata);
"""


class Database:
    """One database, seen without the reporter."""

    def __init__(self, server, name):
        self.name = name
        self.url = f"{server.url.rpartition('/')[0]}/{name}"
        self.server = urlsplit(self.url)
        self.place = {
            "host": self.server.hostname,
            "port": self.server.port,
            "password": self.server.password,
            "database": name,
        }

    def connect(self):
        connection = psycopg2.connect(self.url.replace("+psycopg2", ""))
        connection.autocommit = True
        return connection

    def query(self, sql, *values):
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def scalar(self, sql, *values):
        return self.query(sql, *values)[0][0]

    def end_connections(self):
        """End every connection of a reporter, as an administrator would, and give how many there were."""
        ended = self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'newsdesk' AND datname = %s",
            self.name,
        )
        return len(ended)


@pytest.fixture
def make_database(postgres_server):
    def make():
        name = f"test{next(NUMBERS)}"
        Database(postgres_server, "postgres").query(f"CREATE DATABASE {name}")
        return Database(postgres_server, name)

    return make


@pytest.fixture
def database(make_database):
    return make_database()


@pytest.fixture
def reporter(database):
    with PostgresReporter(**database.place) as opened:
        yield opened


@pytest.fixture
def original_table():
    """The SQL of the table that the replaced project made."""
    return ORIGINAL_TABLE


@pytest.fixture(params=MACHINES, ids=lambda path: path.stem)
def real_machine(request):
    return Machine.from_json(request.param.read_bytes())


@pytest.fixture
def run_script():
    """Run a script in a fresh process, and give what it printed; it fails when the script does."""

    def run(script, *arguments):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
