"""Whole processes: a pod that reports one machine, and a person's command."""

import itertools
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from newsdesk_postgres import PostgresReporter
from newsdesk_postgres.embedded import EmbeddedPostgres

from benchmarks.parts.mlflow_http import REAL, server
from benchmarks.processes.environment import Environment, wheels
from benchmarks.processes.runner import Runner, compare_processes
from benchmarks.ratio import Figure

RAW = Path(__file__).parents[1] / "raw"
TABLE = "raw"
PLUGIN = """
from newsdesk import ReporterPlugin, hookimpl

@hookimpl
def newsdesk_reporters():
    yield ReporterPlugin("fake-{number}", "fake_{number}_reporter:Reporter", summary="the fake {number}")
"""
PLUGINS = 300
EMPTY = "import click; click.command()(lambda: None)(standalone_mode=False)"
FLOOR = f"{EMPTY}; import importlib.metadata as m; [each.load() for each in m.entry_points(group='newsdesk')]"

Commands = Iterator[Sequence[object]]


def figures(rounds: int = 9) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, wheels() as built:
        folder = Path(name)
        skinny, whole = Environment(folder / "skinny"), Environment(folder / "whole")
        version = metadata.version("mlflow")
        skinny.install(*built.values(), f"mlflow-skinny=={version}", "sqlalchemy")
        whole.install(*built.values(), f"mlflow=={version}")
        with Runner(folder, MLFLOW_DISABLE_TELEMETRY="true") as runner:
            yield from _mlflow(folder, runner, rounds, skinny=skinny, whole=whole)
            yield from _postgres(folder, runner, rounds, skinny)
            yield from _local(folder, runner, rounds, skinny)
            yield from _many_plugins(runner, rounds, skinny)


def _mlflow(
    folder: Path, runner: Runner, rounds: int, *, skinny: Environment, whole: Environment
) -> Iterator[Figure]:
    with server() as url:
        config = write_config(folder, {"mlflow": {"tracking_uri": url}})
        for title, environment in {"mlflow-skinny": skinny, "the whole of mlflow": whole}.items():
            yield from compare_processes(
                runner,
                f"`newsdesk report` to an MLflow server, {title} installed, vs the same calls by `requests`",
                (2, 2),
                rounds,
                ours=_reports(folder, environment, "--config", config),
                raw=_scripts(folder, environment, "mlflow_requests.py", url),
            )


def _postgres(folder: Path, runner: Runner, rounds: int, environment: Environment) -> Iterator[Figure]:
    with EmbeddedPostgres(folder / "pg") as database:
        for table in ("machine", TABLE):
            PostgresReporter(url=database.url, table=table).open()
        config = write_config(folder, {"postgres": {"url": database.url}})
        plain = database.url.replace("+psycopg2", "")
        scripts = {
            "an upsert with SQLAlchemy Core": ("sqlalchemy_core.py", database.url, 1.3),
            "an upsert with psycopg2": ("psycopg2_upsert.py", plain, None),
        }
        for title, (script, url, goal) in scripts.items():
            yield from compare_processes(
                runner,
                f"`newsdesk report` to PostgreSQL, its table ready, vs {title}",
                (goal, goal),
                rounds,
                ours=_reports(folder, environment, "--config", config),
                raw=_scripts(folder, environment, script, url, TABLE),
            )


def _local(folder: Path, runner: Runner, rounds: int, environment: Environment) -> Iterator[Figure]:
    """Measure what contacts no server against an empty program."""
    newsdesk = environment.program("newsdesk")
    files = "{files: {path: reports}}"
    one = write_config(folder, {"files": {"path": "reports"}})
    both = write_config(folder, {"mlflow": {"tracking_uri": "http://mlflow"}}, {"postgres": {"host": "db"}})
    planned = new_file(folder)
    commands: dict[str, tuple[Commands, int]] = {
        "`newsdesk report --to null`": (_reports(folder, environment, "--to", "null"), 20),
        "`newsdesk check` of a config with files": (
            itertools.repeat([newsdesk, "check", "--config", one]),
            20,
        ),
        "`newsdesk check` of one with mlflow and postgres": (
            itertools.repeat([newsdesk, "check", "--config", both]),
            20,
        ),
        "`newsdesk plan` to files": (itertools.repeat([newsdesk, "plan", planned, "--to", files]), 20),
        "`newsdesk --version`": (itertools.repeat([newsdesk, "--version"]), 10),
        "`newsdesk --help`": (itertools.repeat([newsdesk, "--help"]), 10),
    }
    for title, (ours, goal) in commands.items():
        name = f"{title}, vs `python -c pass`"
        raw = _code(environment, "pass")
        yield from compare_processes(runner, name, (goal, None), rounds, ours=ours, raw=raw)
    name = "`import newsdesk`, vs `import pluggy, importlib.metadata`"
    ours, raw = _code(environment, "import newsdesk"), _code(environment, "import pluggy, importlib.metadata")
    yield from compare_processes(runner, name, (1.5, None), rounds, ours=ours, raw=raw)


def _many_plugins(runner: Runner, rounds: int, environment: Environment) -> Iterator[Figure]:
    # In site-packages, which Python compiles on the first run.
    for number in range(PLUGINS):
        _install(next(environment.program("..").resolve().glob("lib/python*/site-packages")), number)
    name = f"`newsdesk reporters` with {PLUGINS} plugin distributions, vs an empty click command"
    ours, raw = itertools.repeat([environment.program("newsdesk"), "reporters"]), _code(environment, EMPTY)
    yield from compare_processes(runner, name, (2, None), rounds, ours=ours, raw=raw)
    name = "Lower bound of that: the empty command, and loading them with importlib.metadata"
    ours, raw = _code(environment, FLOOR), _code(environment, EMPTY)
    yield from compare_processes(runner, name, (2, None), rounds, ours=ours, raw=raw)


def _reports(folder: Path, environment: Environment, *options: object) -> Commands:
    while True:
        yield [environment.program("newsdesk"), "report", new_file(folder), *options]


def _scripts(folder: Path, environment: Environment, script: str, *arguments: str) -> Commands:
    while True:
        yield [environment.program("python"), RAW / script, new_file(folder), *arguments]


def _code(environment: Environment, code: str) -> Commands:
    return itertools.repeat([environment.program("python"), "-c", code])


def write_config(folder: Path, *reporters: object) -> Path:
    file = folder / f"{time.monotonic_ns()}.yaml"
    file.write_text(json.dumps({"reporters": reporters}))
    return file


def new_file(folder: Path) -> Path:
    """Write a real machine of 19 KB with a new name to a file."""
    name = f"machine-{time.monotonic_ns()}"
    file = folder / f"{name}.json"
    file.write_text(json.dumps({**json.loads(REAL.read_bytes()), "name": name}))
    return file


def _install(folder: Path, number: int) -> None:
    info = folder / f"fake_{number}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fake-{number}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[newsdesk]\nfake-{number} = fake_{number}\n")
    (folder / f"fake_{number}.py").write_text(PLUGIN.format(number=number))
