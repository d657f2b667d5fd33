"""MLflow over HTTP: the reporter against the same requests in one session of `requests`."""

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import requests
from newsdesk import Machine
from newsdesk_mlflow import MlFlowReporter
from newsdesk_mlflow.testing import mlflow_server

from benchmarks.ratio import Figure, Way, compare
from benchmarks.wire import recorded, replay

REAL = Path(__file__).parents[2] / "examples" / "machines" / "ae-4tags.json"
POINTS = 100_000


def figures(rounds: int = 40, long_rounds: int = 3) -> Iterator[Figure]:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    with server() as url, MlFlowReporter(tracking_uri=url, experiment="{project_name}") as reporter:
        own = MlFlowReporter(tracking_uri=url)
        with own:
            yield _count("MLflow: requests for a new machine in a new experiment", 6, own, new())
        reporter.report(new())
        known = new()
        yield _count("MLflow: requests for a new machine in a known experiment", 6, reporter, known)
        yield _count("MLflow: requests for an unchanged machine", 2, reporter, known)
        with requests.Session() as session:
            name = "MLflow: one real machine over HTTP, vs the same requests in one session"
            ours, raw = _reports(reporter, new), _replays(session, reporter, new)
            yield compare(name, 1.1, rounds, ours=ours, raw=raw)
            name = "MLflow: 100,000 metrics, vs the same POSTs in one session"
            ours, raw = _reports(reporter, long), _replays(session, reporter, long)
            yield compare(name, 1.1, long_rounds, ours=ours, raw=raw, unit="s", warm_up=False)


def new() -> Machine:
    """Return a real machine with a new name."""
    machine = Machine.from_json(REAL.read_bytes())
    return Machine.from_dict({**machine.to_dict(), "name": f"machine-{time.monotonic_ns()}"})


def long() -> Machine:
    """Return a machine with a training history of 4 metrics and 25,000 epochs."""
    machine = new()
    record = machine.to_dict()
    metrics = ("loss", "val_loss", "accuracy", "val_accuracy")
    build = record["metadata"]["build_metadata"]["model"]
    build["model_meta"] = {
        **build.get("model_meta", {}),
        "history": {name: [1 / (step + 1) for step in range(POINTS // 4)] for name in metrics},
    }
    return Machine.from_dict(record)


def _count(name: str, goal: int, reporter: MlFlowReporter, machine: Machine) -> Figure:
    with recorded() as seen:
        reporter.report(machine)
    return Figure(name, len(seen), None, goal, "")


def _reports(reporter: MlFlowReporter, make) -> Iterator[Way]:
    while True:
        yield partial(reporter.report, make())


def _replays(session: requests.Session, reporter: MlFlowReporter, make) -> Iterator[Way]:
    with recorded() as seen:
        machine = make()
        reporter.report(machine)
    while True:
        # A machine of its own each time, or the server would find more and more runs of it.
        other = {text: secrets.token_hex(len(text) // 2) for text in (machine.revision, machine.model_key)}
        yield partial(replay, session, seen, {machine.name: new().name, **other})


@contextlib.contextmanager
def server(store: str | None = None, workers: int = 1) -> Iterator[str]:
    """Run an MLflow server, with its store in SQLite by default; yield its URL."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        mlflow_server(Path(folder), store, workers) as url,
    ):
        yield url
