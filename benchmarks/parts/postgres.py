"""PostgreSQL: the reporter against psycopg2 with serialised JSON."""

import contextlib
import tempfile
from collections.abc import Iterator
from functools import partial

import psycopg2
from newsdesk_postgres import PostgresReporter
from newsdesk_postgres.embedded import EmbeddedPostgres
from newsdesk_postgres.row.machine_row import row_of
from psycopg2.extras import execute_values

from benchmarks.ratio import Figure, Way, compare
from benchmarks.records import machine, machines

BULK_SIZES = (80_000, 20_000)
NAMES = (
    "name", "project_name", "dataset", "model", "metadata", "runtime", "evaluation", "extra", "revision",
    "model_key", "record",
)  # fmt: skip
UPSERT = (
    f"INSERT INTO raw ({', '.join(NAMES)}, reported_at) VALUES %s "
    "ON CONFLICT (name, project_name) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*NAMES[2:], "reported_at"))
    + " WHERE raw.revision IS DISTINCT FROM excluded.revision"
)
ROW = f"({', '.join(['%s'] * len(NAMES))}, now())"


def figures(rounds: int = 60, bulk_rounds: int = 6) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(f"{folder}/pg") as server,
        PostgresReporter(url=server.url, table="ours") as reporter,
        PostgresReporter(url=server.url, table="raw"),
        contextlib.closing(psycopg2.connect(server.url.replace("+psycopg2", ""))) as connection,
    ):
        name = "PostgreSQL: one report of 80 KB, vs a psycopg2 upsert with commit of serialised JSON"
        yield compare(name, 1.25, rounds, ours=_reports(reporter), raw=_upserts(connection))
        for size in BULK_SIZES:
            name = f"PostgreSQL: bulk of 1,000 of {size // 1000} KB, vs execute_values in one transaction"
            ours, raw = _bulks(reporter, connection, size), _raw_bulks(connection, size)
            yield compare(name, 1.25, bulk_rounds, ours=ours, raw=raw)


def _reports(reporter: PostgresReporter) -> Iterator[Way]:
    while True:
        yield partial(reporter.report, machine(80_000))


def _upserts(connection) -> Iterator[Way]:
    while True:
        yield partial(_upsert, connection, _texts(machine(80_000)))


def _upsert(connection, values) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute(UPSERT.replace("%s", ROW, 1), values)


def _bulks(reporter: PostgresReporter, connection, size: int) -> Iterator[Way]:
    while True:
        fleet = machines(size, 1000)
        _empty(connection, "ours")
        yield lambda fleet=fleet: list(reporter.report_many(fleet))


def _raw_bulks(connection, size: int) -> Iterator[Way]:
    while True:
        rows = [_texts(each) for each in machines(size, 1000)]
        _empty(connection, "raw")
        yield partial(_execute_values, connection, rows)


def _execute_values(connection, rows) -> None:
    with connection, connection.cursor() as cursor:
        execute_values(cursor, UPSERT, rows, template=ROW, page_size=100)


def _empty(connection, table: str) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table}")


def _texts(each) -> list[str | None]:
    values = row_of(each).values
    return [values[name] for name in NAMES]
