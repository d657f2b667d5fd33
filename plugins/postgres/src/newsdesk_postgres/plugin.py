"""The hooks that register the PostgreSQL reporter with newsdesk."""

from collections.abc import Iterator

from newsdesk import ReporterPlugin, ServerPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Yield the one reporter of this distribution."""
    yield ReporterPlugin(
        name="postgres",
        reporter="newsdesk_postgres.reporter:PostgresReporter",
        aliases=("gordo.reporters.postgres.PostgresReporter",),
        summary="a row in a PostgreSQL table",
        example={"host": "db.example", "password": "${env:POSTGRES_PASSWORD}"},
        local={"embedded": "postgres"},
    )


@hookimpl
def newsdesk_servers() -> Iterator[ServerPlugin]:
    """Yield a private PostgreSQL."""
    yield ServerPlugin("postgres", "newsdesk_postgres.embedded.fixture:postgres_server")
