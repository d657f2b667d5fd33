"""gordo's reporters and newsdesk's: the same machines, MLflow server and PostgreSQL database, in turns."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from newsdesk.testing import FaultProxy
from newsdesk_postgres.embedded import EmbeddedPostgres

from benchmarks.parts.cold import new_file, write_config
from benchmarks.parts.mlflow_http import server
from benchmarks.processes.environment import ROOT, Environment, wheels
from benchmarks.processes.runner import Runner, compare_processes
from benchmarks.processes.workers import Side, Workers, workers
from benchmarks.ratio import Figure, pairs
from tests.gordo.environment import VERSION, Original

FOLDER = Path(os.environ.get("GORDO_ENVIRONMENTS", ROOT / ".nox" / "gordo-environments")) / "alone"
"""Where `tests/gordo/environment.py` has installed gordo."""
MANY = 200
PROCESSES = 8


class MissingError(Exception):
    """gordo is not installed."""


class Sides(NamedTuple):
    """Both, with one backend."""

    ours: Side
    gordo: Side


def figures(rounds: int = 5, many_rounds: int = 3, unchanged_rounds: int = 20) -> Iterator[Figure]:
    python = Original(FOLDER.absolute()).python
    if not python.exists():
        raise MissingError(
            f"gordo {VERSION} is not installed in {FOLDER}: run `nox -s bench -- gordo`, or "
            f"`python tests/gordo/environment.py {FOLDER}` (2.4 GB)"
        )
    with tempfile.TemporaryDirectory() as name, wheels() as built:
        folder = Path(name)
        environment = Environment(folder / "newsdesk")
        environment.install(*built.values())
        ours = environment.program("python")
        for title, sides in _backends(folder, ours, python):
            yield from _first(title, sides, folder, environment, rounds)
            yield from _sent(title, sides, folder)
            with (
                workers(sides.ours, PROCESSES, folder) as mine,
                workers(sides.gordo, PROCESSES, folder) as other,
            ):
                yield from _many(title, (mine, other), folder, many_rounds, unchanged_rounds)


def _backends(folder: Path, ours: Path, gordo: Path) -> Iterator[tuple[str, Sides]]:
    with server() as url:
        address: dict[str, object] = {"tracking_uri": url}
        yield (
            "MLflow",
            Sides(Side("newsdesk", ours, "mlflow", address), Side("gordo", gordo, "mlflow", address)),
        )
    with EmbeddedPostgres(folder / "pg") as database:
        names = ("host", "port", "user", "password", "database")
        address = {name: getattr(database, name) for name in names}
        mine = {**address, "table": "newsdesk"}  # gordo's is always `machine`
        yield (
            "PostgreSQL",
            Sides(Side("newsdesk", ours, "postgres", mine), Side("gordo", gordo, "postgres", address)),
        )


def _first(title: str, sides: Sides, folder: Path, environment: Environment, rounds: int) -> Iterator[Figure]:
    config = write_config(folder, {sides.ours.backend: sides.ours.address})
    newsdesk = environment.program("newsdesk")
    with Runner(folder, MLFLOW_DISABLE_TELEMETRY="true") as runner:
        yield from compare_processes(
            runner,
            f"{title}: a first report in a fresh process",
            (None, None),
            rounds,
            ours=([newsdesk, "report", new_file(folder), "--config", config] for _ in itertools.count()),
            raw=(sides.gordo.command(new_file(folder)) for _ in itertools.count()),
        )


def _sent(title: str, sides: Sides, folder: Path) -> Iterator[Figure]:
    """Count what each sends for a new machine, and for the same one again."""
    counted = [_counted(side, folder) for side in sides]
    for name, mine, other in zip(("a new machine", "an unchanged one"), *counted, strict=True):
        for what, unit, ours, gordos in zip(("requests", "bytes"), ("", "KB"), mine, other, strict=True):
            yield Figure(f"{title}: {what} sent for {name}", ours, gordos, None, unit)


def _counted(side: Side, folder: Path) -> list[tuple[float, float]]:
    port = "tracking_uri" not in side.address
    url = (
        f"postgresql://{side.address['host']}:{side.address['port']}"
        if port
        else side.address["tracking_uri"]
    )
    with FaultProxy.to(str(url)) as proxy:
        led = {"host": proxy.host, "port": proxy.port} if port else {"tracking_uri": proxy.through(str(url))}
        with workers(side._replace(address={**side.address, **led}), 1, folder) as one:
            one.report([new_file(folder)])
            new = new_file(folder)
            counted = []
            for _ in range(2):
                before = proxy.counts
                one.report([new])
                after = proxy.counts
                counted.append((after.requests - before.requests, (after.up - before.up) / 1000))
    return counted


def _many(
    title: str, sides: tuple[Workers, Workers], folder: Path, many_rounds: int, unchanged_rounds: int
) -> Iterator[Figure]:
    for side in sides:
        side.report(*[[new_file(folder)] for _ in range(PROCESSES)])  # so that each is connected
    yield compare(f"{title}: {MANY} machines in one process", sides, _fresh(folder, 1), "s", many_rounds)
    same = itertools.repeat([[new_file(folder)]])
    yield compare(f"{title}: an unchanged machine", sides, same, "ms", unchanged_rounds)
    name = f"{title}: {MANY} machines in {PROCESSES} processes at once"
    yield compare(name, sides, _fresh(folder, PROCESSES), "s", many_rounds)
    failed = [
        sum(side.report(*[[new_file(folder)]] * PROCESSES)[1] for _ in range(unchanged_rounds))
        for side in sides
    ]
    all_reports = PROCESSES * unchanged_rounds
    name = f"{title}: one new machine in {PROCESSES} processes at once: failed reports of {all_reports}"
    yield Figure(name, failed[0], failed[1], None, "", unchanged_rounds)


def _fresh(folder: Path, processes: int) -> Iterator[list[list[Path]]]:
    """Yield shares of new machines for some processes."""
    # New to the other side as well: both name the experiment in MLflow as the machine.
    while True:
        yield [[new_file(folder) for _ in range(MANY // processes)] for _ in range(processes)]


def compare(
    name: str, sides: tuple[Workers, Workers], shares: Iterator[list[list[Path]]], unit: str, rounds: int
) -> Figure:
    scale = {"s": 1, "ms": 1000}[unit]

    def measure(given: tuple[Workers, list[list[Path]]]) -> float:
        side, files = given
        seconds, failed = side.report(*files)
        assert not failed, f"{name}: {failed} failed"
        return seconds * scale

    ours, gordo = (zip(itertools.repeat(side), shares) for side in sides)
    measured = pairs(rounds, ours, gordo, measure, warm_up=unit == "ms")
    return Figure.of_pairs(name, None, unit, measured)
