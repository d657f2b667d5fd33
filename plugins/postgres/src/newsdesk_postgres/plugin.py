"""The plugin: tells newsdesk of the PostgreSQL reporter."""

from collections.abc import Iterator

from newsdesk.hookspecs import ReporterPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Yield the one reporter of this distribution."""
    yield ReporterPlugin(
        name="postgres",
        reporter="newsdesk_postgres.reporter:PostgresReporter",
        aliases=("gordo.reporters.postgres.PostgresReporter",),
        summary="One row for each machine in a table of PostgreSQL.",
    )
