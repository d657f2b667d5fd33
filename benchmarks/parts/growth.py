"""Scaling: cost by number of machines and of processes."""

import itertools
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from newsdesk import Desk, Machine
from newsdesk_postgres.embedded import EmbeddedPostgres

from benchmarks.chart import Points
from benchmarks.parts import mlflow_http
from benchmarks.records import machine

COUNTS = (10, 100, 1_000, 10_000)
FEWER = COUNTS[:-1]
"""For MLflow: 10,000 would take its server most of an hour."""
PROCESSES = (1, 2, 4, 8)
SIZE = 20_000


def growth() -> dict[str, dict[str, Points]]:
    """Return seconds by machines, and machines per second by processes."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(f"{folder}/pg") as server:
        tables = (
            {"postgres": {"url": server.url, "table": f"machine{number}"}} for number in itertools.count()
        )
        seconds = {
            "null": [(count, _seconds("null", _synthetic(), count)) for count in COUNTS],
            "PostgreSQL": [(count, _seconds(next(tables), _synthetic(), count)) for count in COUNTS],
        }
        rates = {
            "PostgreSQL": [(number, _rate(next(tables), _synthetic(), number, 1_000)) for number in PROCESSES]
        }
    with mlflow_http.server() as url:
        runs = (
            {"mlflow": {"tracking_uri": url, "experiment": f"growth-{number}"}}
            for number in itertools.count()
        )
        seconds["MLflow"] = [(count, _seconds(next(runs), _real(), count)) for count in FEWER]
        rates["MLflow"] = [(number, _rate(next(runs), _real(), number, 50)) for number in PROCESSES]
    return {"machines": seconds, "processes": rates}


def _synthetic() -> Iterator[Machine]:
    while True:
        yield machine(SIZE)


def _real() -> Iterator[Machine]:
    while True:
        yield mlflow_http.new()


def _seconds(reporter: Any, machines: Iterator[Machine], count: int) -> float:
    with Desk(reporter) as desk:
        spent = 0.0
        for first in range(0, count, 500):
            fleet = list(itertools.islice(machines, min(500, count - first)))
            begin = time.perf_counter()
            assert all(receipt.ok for receipt in desk.report_many(fleet))
            spent += time.perf_counter() - begin
    return spent


def _rate(reporter: Any, machines: Iterator[Machine], processes: int, count: int) -> float:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool, Desk(reporter, deadline=600) as desk:
        for measured in (False, True):  # the first round is a warm-up: each process imports its modules
            fleet = list(itertools.islice(machines, count))
            begin = time.perf_counter()
            size = max(1, count // (5 * processes))
            receipts = desk.report_many(fleet, pool, chunk_size=size, in_flight=2 * processes)
            assert all(receipt.ok for receipt in receipts)
            if measured:
                return count / (time.perf_counter() - begin)
    return 0.0
