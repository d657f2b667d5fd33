"""The wheels of this tree, new environments to install them in, and the servers of the backends."""

import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from newsdesk.testing import Cut, FaultProxy, Job, Moment, Server, kill_at_every_boundary
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


# What names the environment that runs these tests. nox sets the second one: then `uv sync` of a copy of this
# tree would install that copy here.
OWN_ENVIRONMENT = {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH"}


def command(
    *arguments: object, cwd: Path, status: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of this or another environment, and check its exit status."""
    inherited = {key: value for key, value in os.environ.items() if key not in OWN_ENVIRONMENT}
    done = subprocess.run(
        list(map(str, arguments)),
        cwd=cwd,
        env=inherited | {"COLUMNS": "200", "NO_COLOR": "1"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    shown = f"{' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == status, f"exit status {done.returncode} instead of {status} of {shown}"
    return done


def find_uv() -> str:
    """Return the path of uv, from this environment or PATH."""
    own = Path(sysconfig.get_path("scripts"), "uv")
    program = str(own) if own.exists() else shutil.which("uv")
    assert program, "these tests need uv: install the dependency group 'build'"
    return program


def call_uv(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run uv."""
    return command(find_uv(), *arguments, cwd=cwd)


def requirements(wheel: Path, extra: str = "") -> list[str]:
    """Return a wheel's requirements: uv's `lowest-direct` only applies to what is given on the command line."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = message_from_bytes(archive.read(name)).get_all("Requires-Dist") or []
    needed = map(Requirement, lines)
    asked = [needs for needs in needed if needs.marker is None or needs.marker.evaluate({"extra": extra})]
    return [str(needs).partition(";")[0] for needs in asked]


@dataclass(frozen=True)
class Environment:
    """An environment that contains only what a test installs."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, *wheels: Path | str, resolution: str = "highest") -> "Environment":
        call_uv("venv", "--quiet", "--python", sys.executable, folder)
        environment = cls(folder)
        environment.install("--resolution", resolution, *wheels)
        return environment

    def install(self, *wheels: Path | str) -> None:
        call_uv("pip", "install", "--quiet", "--python", self.folder, *wheels, cwd=self.folder)

    def version(self, name: str) -> str:
        """Return the version of an installed distribution."""
        found: str = self.python(
            f"import importlib.metadata, json; print(json.dumps(importlib.metadata.version({name!r})))"
        )
        return found

    def uninstall(self, *names: str) -> None:
        call_uv("pip", "uninstall", "--quiet", "--python", self.folder, *names, cwd=self.folder)

    def offer_pip(self) -> None:
        """Create a `pip` that calls uv's, which is faster and has a cache of wheels."""
        pip = self.folder / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec "{find_uv()}" pip "$@" --quiet --python "{self.folder}"\n')
        pip.chmod(0o755)

    def newsdesk(self, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        return command(self.folder / "bin" / "newsdesk", *arguments, cwd=self.folder, status=status)

    def shell(self, line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a shell command with this environment's programs first on PATH, then uv."""
        path = os.pathsep.join([str(self.folder / "bin"), sysconfig.get_path("scripts"), os.environ["PATH"]])
        return command("bash", "-c", line, cwd=cwd, PATH=path)

    def python(self, code: str) -> Any:
        """Run code in a new process, and parse its output as JSON."""
        return json.loads(command(self.folder / "bin" / "python", "-c", code, cwd=self.folder).stdout)


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return `command`, which tests cannot import from here."""
    return command


@pytest.fixture(scope="session")
def uv() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return `call_uv`, for the same reason."""
    return call_uv


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all distributions, built once: each wheel from its sdist, as on PyPI."""
    folder = tmp_path_factory.mktemp("dist")
    call_uv("build", "--quiet", "--all-packages", "--out-dir", folder)
    return folder


@pytest.fixture(scope="session")
def wheels(dist: Path) -> Mapping[str, Path]:
    """The wheels by name of distribution."""
    return {path.name.split("-")[0].replace("_", "-"): path for path in dist.glob("*.whl")}


@pytest.fixture
def oldest(tmp_path: Path, wheels: Mapping[str, Path]) -> Environment:
    """An environment with core and the oldest versions of its requirements."""
    core = wheels["newsdesk"]
    return Environment.make(tmp_path / "venv", core, *requirements(core), resolution="lowest-direct")


@pytest.fixture(scope="session")
def environment(
    tmp_path_factory: pytest.TempPathFactory, wheels: Mapping[str, Path]
) -> Callable[..., Environment]:
    """Return a function that creates environments with some distributions, such as `newsdesk[dask]`; read-only."""
    made: dict[tuple[str, ...], Environment] = {}

    def environment_with(*names: str) -> Environment:
        if names not in made:
            folder = tmp_path_factory.mktemp("environment") / "venv"
            asked = (f"{name} @ {wheels[name.partition('[')[0]].as_uri()}" for name in names)
            made[names] = Environment.make(folder, *asked)
        return made[names]

    return environment_with


@pytest.fixture(scope="session")
def third_party(
    tmp_path_factory: pytest.TempPathFactory, wheels: Mapping[str, Path]
) -> Callable[[Path, str], Environment]:
    """Return a function that creates an environment with core, a project's wheel, and its test requirements."""

    def environment_with(project: Path, resolution: str) -> Environment:
        folder = tmp_path_factory.mktemp("third-party")
        call_uv("build", "--quiet", "--wheel", "--out-dir", folder, project)
        (wheel,) = folder.glob("*.whl")
        asked = [f"{wheel.name.split('-')[0]} @ {wheel.as_uri()}", *requirements(wheel, "dev")]
        core = [wheels["newsdesk"], *requirements(wheels["newsdesk"])]
        return Environment.make(folder / "venv", *core, *asked, resolution=resolution)

    return environment_with


@pytest.fixture
def bare(tmp_path: Path, wheels: Mapping[str, Path]) -> Environment:
    """An environment with only core, which a test may modify."""
    return Environment.make(tmp_path / "venv", wheels["newsdesk"])


@pytest.fixture
def tiny_wheel(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that creates a third-party wheel of one module."""

    def make(name: str, version: str, *, entry: str, source: str) -> Path:
        """Create it; `entry` is the name of its entry point."""
        stem = name.replace("-", "_")
        files = {
            f"{stem}.py": source,
            f"{stem}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{stem}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{stem}-{version}.dist-info/entry_points.txt": f"[newsdesk]\n{entry} = {stem}\n",
        }
        record = f"{stem}-{version}.dist-info/RECORD"
        path = tmp_path / f"{stem}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
            archive.writestr(record, "".join(f"{file},,\n" for file in [*files, record]))
        return path

    return make


# Servers of the backends, inspected without the reporters.

WARM = (
    "mlflow",
    "mlflow.store.artifact.mlflow_artifacts_repo",
    "newsdesk.delivery.desk",
    "newsdesk.testing.processes.killing",
    "newsdesk.testing.processes.simultaneous",
    "newsdesk_mlflow.transport.client.store",
    "newsdesk_mlflow.transport.delivery",
    "newsdesk_mlflow.transport.rest.store",
    "newsdesk_postgres.connection.failures",
    "newsdesk_postgres.table.machine_table",
    "psycopg2",
)


class MlflowServer:
    """A server, and its content."""

    def __init__(self, server: Server) -> None:
        import requests

        self._http = requests
        self.folder, self.restart = server.folder, server.restart
        self.url = server.url  # the same after a restart

    def call(self, path: str, **fields: Any) -> Any:
        """Call its REST API."""
        answer = self._http.post(f"{self.url}/api/2.0/mlflow/{path}", json=fields, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Query its store."""
        with contextlib.closing(sqlite3.connect(self.folder / "store.db", timeout=60)) as store:
            return store.execute(sql, values).fetchall()

    def experiment(self, name: str) -> tuple[int, str]:
        """Return the id and lifecycle stage of an experiment."""
        (found,) = self.query("SELECT experiment_id, lifecycle_stage FROM experiments WHERE name = ?", name)
        return found

    def runs(self, experiment: str) -> list[tuple[str, str, str]]:
        """Return the id, name and status of an experiment's active runs."""
        return self.query(
            "SELECT run_uuid, runs.name, status FROM runs JOIN experiments USING (experiment_id)"
            " WHERE experiments.name = ? AND runs.lifecycle_stage = 'active' ORDER BY runs.name",
            experiment,
        )

    def content(self, run_id: str) -> dict[str, Any]:
        """Return the content of a run, without what varies between runs of the same content."""
        ((uri, status),) = self.query("SELECT artifact_uri, status FROM runs WHERE run_uuid = ?", run_id)
        folder = self.folder / "artifacts" / uri.removeprefix("mlflow-artifacts:/")
        metrics = self.query("SELECT key, value, is_nan, step FROM metrics WHERE run_uuid = ?", run_id)
        tags = dict(self.query("SELECT key, value FROM tags WHERE run_uuid = ?", run_id))
        for key in ("newsdesk.timestamp", "newsdesk.reported"):
            tags.pop(key, None)
        return {
            "status": status,
            "metrics": sorted((key, None if nan else value, step) for key, value, nan, step in metrics),
            "params": dict(self.query("SELECT key, value FROM params WHERE run_uuid = ?", run_id)),
            "tags": tags,
            "artifacts": {path.name: path.read_bytes() for path in folder.iterdir()}
            if folder.exists()
            else {},
        }


class PostgresServer:
    """A server, and its content."""

    def __init__(self, server: Server) -> None:
        self._server, self.restart, self.folder = server, server.restart, server.folder

    @property
    def url(self) -> str:
        return self._server.url  # another port after a restart

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Query it; a missing table has no rows."""
        import psycopg2

        with contextlib.closing(psycopg2.connect(self.url.replace("+psycopg2", ""))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor, contextlib.suppress(psycopg2.errors.UndefinedTable):
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        return []


@pytest.fixture(scope="session")
def children() -> None:
    """Preload the backends' libraries in child processes, since they take seconds to import."""
    from newsdesk.testing import warm_up

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        warm_up(*WARM)


@pytest.fixture(params=["REST", "client"])
def road(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to reach an MLflow server: that by MLflow's client is taken where a plugin may add headers."""

    way: str = request.param
    if way == "client":
        import mlflow.tracking.request_header.registry  # noqa: F401  (first: it would keep the plugin)

        info = tmp_path / "header_plugin-1.0.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_text(
            "[mlflow.request_header_provider]\nx = header_plugin:Provider\n"
        )
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: header-plugin\nVersion: 1.0\n")
        provider = "def in_context(self): return False\n    def request_headers(self): return {}\n"
        (tmp_path / "header_plugin.py").write_text(f"class Provider:\n    {provider}")
        monkeypatch.syspath_prepend(tmp_path)
    return way


@pytest.fixture(scope="session")
def mlflow_server(mlflow_server: Server) -> MlflowServer:
    """An MLflow server."""
    return MlflowServer(mlflow_server)


@pytest.fixture(scope="session")
def postgres_server(postgres_server: Server) -> PostgresServer:
    """A PostgreSQL."""
    return PostgresServer(postgres_server)


# Fault tests, for modules that set `BACKEND` to the fixture of their server.

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Return a function that records a figure for the summary of the run."""
    figures = request.config.stash.setdefault(FIGURES, [])
    return lambda name, value: figures.append(f"{value} {name}: {request.node.name}")


@pytest.fixture(scope="module")
def proxy_of_module(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    with FaultProxy.to(request.getfixturevalue(request.module.BACKEND).url) as between:
        yield between


@pytest.fixture
def proxy(proxy_of_module: FaultProxy) -> FaultProxy:
    """The proxy in front of the server, without faults at the start of each test."""
    proxy_of_module.clear()
    proxy_of_module.recount()
    return proxy_of_module


@pytest.fixture
def every_kill(proxy: FaultProxy, figure: Callable[[str, object], None]) -> Callable[..., Iterator[Any]]:
    """Return a function that kills deliveries at every boundary, and checks that all were reached."""

    def kills(jobs: Iterable[Job]) -> Iterator[Any]:
        count = 0
        for count, step in enumerate(kill_at_every_boundary(proxy, jobs)):  # noqa: B007
            yield step
        figure("boundaries", count)
        assert count == 2 * step.requests

    return kills


@pytest.fixture
def every_cut(
    proxy: FaultProxy, figure: Callable[[str, object], None]
) -> Callable[[Moment], Iterator[list[str]]]:
    """Return a function that cuts one request after the other, until none is left.

    It yields a list that contains the cut request, once the delivery is done.
    """

    def cuts(moment: Moment) -> Iterator[list[str]]:
        for request in itertools.count(1):
            cut: list[str] = []
            proxy.clear()
            proxy.fail(Cut(request, moment, cut.append), times=1)
            yield cut
            if not cut:
                figure("requests", request - 1)
                return

    return cuts


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures."""
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section("figures of the fault runs")
        for line in figures:
            terminalreporter.write_line(line)
