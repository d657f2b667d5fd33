"""PostgresReporter passes the conformance kit; its table is read by SQL of one's own."""

import pytest
from newsdesk.testing import POSTGRES, Capabilities, ReporterContract
from newsdesk_postgres import PostgresReporter

PARTS = ("model", "dataset", "metadata", "runtime", "evaluation")
COLUMNS = ("name", "project_name", "model", "dataset", "metadata", "runtime", "evaluation", "extra", "record")


class TestPostgres(ReporterContract):
    """Each test has a database of its own."""

    capabilities = Capabilities(
        name="postgres",
        ping=True,
        holds=True,
        fetch=True,
        alters={"unicode": 3, "numbers": 1, "long-names": 4},
        network=POSTGRES,
        preload=("newsdesk_postgres.connection.failures", "newsdesk_postgres.table.machine_table"),
    )

    @pytest.fixture
    def upstream(self, database):
        return database.url

    @pytest.fixture
    def build(self, database):
        others = {"password": database.server.password, "database": database.name, "sslmode": "disable"}
        return lambda host, port: PostgresReporter(host=host, port=port, **others)

    @pytest.fixture
    def read(self, database):
        return lambda: [
            record_of(dict(zip(COLUMNS, row, strict=True)))
            for row in database.query(f"SELECT {', '.join(COLUMNS)} FROM machine")
        ]

    @pytest.fixture
    def wipe(self, database):
        return lambda: database.query("DELETE FROM machine")

    @pytest.fixture
    def values(self, database):
        def of(machine):
            columns = ("name", "project_name", *PARTS)
            asked = f"SELECT {', '.join(columns)} FROM machine WHERE revision = %s"
            [row] = database.query(asked, machine.revision)
            return dict(leaves(dict(zip(columns, row, strict=True))))

        return of


def leaves(value, path=""):
    """Give each value that is no container, with its path."""
    if not isinstance(value, dict | list):
        yield path, value
        return
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield from leaves(item, f"{path}.{key}" if path else str(key))


def record_of(row):
    """Give the record: as it was, where columns cannot hold that, or else what the columns tell."""
    record = row.pop("record")
    return record if record is not None else {**row.pop("extra"), **row}
