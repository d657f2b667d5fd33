"""How cost grows: with the machines, and with the processes."""

import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from newsdesk import Desk
from newsdesk_postgres.embedded import EmbeddedPostgres

from benchmarks.records import machine

COUNTS = (10, 100, 1_000, 10_000)
PROCESSES = (1, 2, 4, 8)
SIZE = 20_000


def growth(counts: tuple[int, ...] = COUNTS) -> dict[str, list[tuple[int, float]]]:
    """Give seconds by machines, and machines in a second by processes, to null and to PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(f"{folder}/pg") as server:
        return {
            "null": [(count, _seconds("null", count)) for count in counts],
            "PostgreSQL": [(count, _seconds(_table(server.url, count), count)) for count in counts],
            "PostgreSQL by processes": [(count, _rate(server.url, count)) for count in PROCESSES],
        }


def _table(url: str, number: int) -> dict[str, Any]:
    return {"postgres": {"url": url, "table": f"machine{number}"}}


def _seconds(reporter: Any, count: int) -> float:
    with Desk(reporter) as desk:
        spent = 0.0
        for first in range(0, count, 500):
            fleet = [machine(SIZE) for _ in range(min(500, count - first))]
            begin = time.perf_counter()
            assert all(receipt.ok for receipt in desk.report_many(fleet))
            spent += time.perf_counter() - begin
    return spent


def _rate(url: str, processes: int, count: int = 1_000) -> float:
    context = multiprocessing.get_context("spawn")
    reporter = _table(url, 100_000 + processes)
    with ProcessPoolExecutor(processes, mp_context=context) as pool, Desk(reporter) as desk:
        for measured in (False, True):  # the first time, each process imports what it needs
            fleet = [machine(SIZE) for _ in range(count)]
            begin = time.perf_counter()
            receipts = desk.report_many(fleet, pool, chunk_size=25, in_flight=2 * processes)
            assert all(receipt.ok for receipt in receipts)
            if measured:
                return count / (time.perf_counter() - begin)
    return 0.0
