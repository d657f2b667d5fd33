"""Server settings that matter, for `docs/scale.md`: `python -m benchmarks settings`; without goals."""

import contextlib
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import psycopg2
from newsdesk import Desk
from newsdesk_postgres.embedded import EmbeddedPostgres

from benchmarks.parts import mlflow_http
from benchmarks.ratio import Figure
from benchmarks.records import machine

POSTGRES = {
    "default": {},
    "lz4": {"default_toast_compression": "lz4"},
    "max_wal_size of 8 GB": {"max_wal_size": "8GB"},
    "synchronous_commit off": {"synchronous_commit": "off"},
}
ROUNDS = 3


def figures() -> Iterator[Figure]:
    yield from _postgres(1_000)
    yield from _mlflow(40)


def _postgres(count: int) -> Iterator[Figure]:
    seconds: dict[str, list[float]] = {name: [] for name in POSTGRES}
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(f"{folder}/pg") as server:
        for number in range(ROUNDS):
            for name, settings in POSTGRES.items():
                with _set(server.url, settings):
                    reporter = {
                        "postgres": {"url": server.url, "table": f"{name[:3]}{number}".replace(" ", "")}
                    }
                    seconds[name].append(_spent(reporter, [machine(80_000) for _ in range(count)]))
    plain = statistics.median(seconds["default"])
    for name, spent in seconds.items():
        yield Figure(
            f"PostgreSQL, {count:,} of 80 KB: {name}", statistics.median(spent), plain, None, "s", ROUNDS
        )


@contextlib.contextmanager
def _set(url: str, settings: dict[str, str]) -> Iterator[None]:
    with contextlib.closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for name, value in settings.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = %s", [value])
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)  # until the server has reloaded it
        yield
        cursor.execute("ALTER SYSTEM RESET ALL")
        cursor.execute("SELECT pg_reload_conf()")


def _spent(reporter, fleet) -> float:
    with Desk(reporter) as desk:
        begin = time.perf_counter()
        assert all(receipt.ok for receipt in desk.report_many(fleet))
        return time.perf_counter() - begin


def _mlflow(count: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(f"{folder}/pg") as database:
        for store in (None, database.url):
            for workers in (1, 2, 4):
                with mlflow_http.server(store, workers) as url:
                    rate = _rate({"mlflow": {"tracking_uri": url, "experiment": "all"}}, count)
                where = "SQLite" if store is None else "PostgreSQL"
                yield Figure(f"MLflow, store in {where}, {workers} workers", rate, None, None, "machines/s")


def _rate(reporter, count: int) -> float:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=context) as pool, Desk(reporter, deadline=600) as desk:
        for measured in (False, True):
            fleet = [mlflow_http.new() for _ in range(count)]
            begin = time.perf_counter()
            assert all(receipt.ok for receipt in desk.report_many(fleet, pool, chunk_size=2, in_flight=8))
            if measured:
                return count / (time.perf_counter() - begin)
    return 0.0
