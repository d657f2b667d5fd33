"""The hooks that register the PostgreSQL reporter with newsdesk."""

from collections.abc import Iterator

from newsdesk import CommandPlugin, ReporterPlugin, ServerPlugin, hookimpl


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


@hookimpl
def newsdesk_commands() -> Iterator[CommandPlugin]:
    """Yield the command that prints views and a dashboard."""
    yield CommandPlugin(
        "postgres",
        "newsdesk_postgres.dashboards.command:command",
        summary="Print views for SQL, and a dashboard of Grafana.",
    )
