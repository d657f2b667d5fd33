"""gordo in an environment of its own, and in one that newsdesk was installed into."""

import os
import re
import socket
import socketserver
import subprocess
import threading
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from newsdesk_postgres.embedded import EmbeddedPostgres

from tests.gordo import environment

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/move-from-gordo.md").read_text("utf-8")
STAND_IN = Path(__file__).parent / "stand_in"
TESTS = [
    "tests/gordo/cli",
    "tests/gordo/workflow",
    "tests/gordo/reporters",
    "tests/gordo/machine/test_machine.py",
]
POSTGRES_PORT = 5432
"""Where gordo's tests expect PostgreSQL."""


def listing(language, first):
    """Return the one code block of the page that begins with a line."""
    found = re.findall(rf"^```{language}\n({re.escape(first)}\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"the page has {len(found)} blocks that begin with {first!r}"
    return found[0]


@dataclass(frozen=True)
class Gordo:
    """An environment with gordo, and its sources."""

    original: environment.Original

    def run(self, *command, cwd, status=(0,), **variables):
        """Run one of its programs, and return its output."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AZURE", "MLFLOW", "NEWSDESK", "VIRTUAL_ENV", "PYTHONPATH"))
        }
        programs = self.original.python.parent
        done = subprocess.run(
            [programs / command[0], *map(str, command[1:])],
            cwd=cwd,
            env=inherited
            | {"TF_CPP_MIN_LOG_LEVEL": "3", "PATH": f"{programs}:{os.environ['PATH']}"}
            | variables,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        text = f"{done.stdout}\n{done.stderr}"
        assert done.returncode in status, f"exit status {done.returncode} is not in {status}: {text[-6000:]}"
        return text

    def freeze(self):
        """Return the installed versions by name of distribution."""
        lines = self.run("pip", "freeze", "--all", cwd=self.original.folder).split("\n")
        pairs = (
            re.split(r"==| @ ", line, maxsplit=1) for line in lines if re.match(r"[\w.-]+(==| @ )", line)
        )
        return dict(pairs)

    def outcomes(self, results, *tests, **variables):
        """Run gordo's own tests, and return what became of each."""
        command = ("-m", "pytest", "-q", "-c", "/dev/null", "--rootdir=.", "-p", "no:cacheprovider")
        text = self.run(
            "python", *command, f"--junitxml={results}", *tests,
            cwd=self.original.source, status=(0, 1), PYTHONPATH=str(STAND_IN), **variables,
        )  # fmt: skip
        assert results.exists(), text[-6000:]
        return {
            f"{case.get('classname')}.{case.get('name')}": [
                child.tag for child in case if child.tag != "system-out"
            ]
            for case in ET.parse(results).iter("testcase")
        }


class _Forwarder(socketserver.BaseRequestHandler):
    port = 0

    def handle(self):
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            back = threading.Thread(target=_copy, args=(server, self.request), daemon=True)
            back.start()
            _copy(self.request, server)
            back.join()


def _copy(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@contextmanager
def _forwarding(port, to):
    handler = type("Handler", (_Forwarder,), {"port": to})
    server_class = type("Server", (socketserver.ThreadingTCPServer,), {"allow_reuse_address": True})
    try:
        server = server_class(("127.0.0.1", port), handler)
    except OSError as error:
        pytest.fail(f"gordo's tests need port {port} for their PostgreSQL: {error}; free it")
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@pytest.fixture(scope="session")
def postgres_at_5432(tmp_path_factory):
    """A PostgreSQL where gordo's tests expect one, with the password that they use."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        connection = psycopg2.connect(server.url.replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            cursor.execute("ALTER ROLE postgres PASSWORD 'postgres'")
        connection.close()
        with _forwarding(POSTGRES_PORT, server.port):
            yield


@pytest.fixture(scope="session")
def alone():
    """gordo, with the versions that its image pins; kept between runs."""
    return Gordo(environment.make(Path(os.environ["GORDO_ENVIRONMENTS"], "alone")))


@pytest.fixture(scope="session")
def beside(dist, tmp_path_factory):
    """The same with newsdesk, installed by the command of the page; new in each run."""
    gordo = Gordo(environment.make(tmp_path_factory.mktemp("beside")))
    [line] = re.findall(
        r"^RUN (pip install .*newsdesk-gordo.*)$", listing("dockerfile", "# Dockerfile"), re.MULTILINE
    )
    links = f"{dist} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    gordo.run(*line.split(), cwd=gordo.original.folder, PIP_FIND_LINKS=links)
    return gordo
