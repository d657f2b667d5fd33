"""In place of Docker's client, for gordo's tests: their PostgreSQL is the one that already listens on port 5432."""

from types import SimpleNamespace

import psycopg2


def _run(**_options):
    """Give them an empty database, as a new container would be."""
    connection = psycopg2.connect("postgresql://postgres:postgres@localhost:5432/postgres")
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS machine")
    connection.close()
    return SimpleNamespace(kill=lambda: None)


def from_env():
    """Return the client that their fixture asks for."""
    return SimpleNamespace(containers=SimpleNamespace(run=_run))
