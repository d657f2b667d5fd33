"""The hooks that register the PostgreSQL reporter with newsdesk."""

from collections.abc import Iterator, Mapping

from newsdesk import BaseReporter, Finding, ReporterPlugin, ServerPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Yield the one reporter of this distribution."""
    yield ReporterPlugin(
        name="postgres",
        reporter="newsdesk_postgres.reporter:PostgresReporter",
        aliases=("gordo.reporters.postgres.PostgresReporter",),
        summary="One row for each machine in a PostgreSQL table.",
    )


@hookimpl
def newsdesk_servers() -> Iterator[ServerPlugin]:
    """Yield a private PostgreSQL."""
    yield ServerPlugin("postgres", "newsdesk_postgres.embedded.fixture:postgres_server")


@hookimpl
def newsdesk_checks(reporters: Mapping[str, BaseReporter], ping: bool) -> Iterator[Finding]:  # noqa: FBT001  (the hook's)
    """Check servers and the privileges of their users."""
    from newsdesk_postgres.checks import findings  # noqa: PLC0415  (only the doctor needs it)

    return findings(reporters, ping=ping)
