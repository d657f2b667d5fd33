"""What `newsdesk doctor` checks of a server: version, encoding, the user's privileges."""

from collections.abc import Iterator, Mapping

from newsdesk import BaseReporter, Finding, ReporterException

from newsdesk_postgres.reporter import PostgresReporter
from newsdesk_postgres.table.privileges import grant
from newsdesk_postgres.table.server_info import ServerInfo

_ENCODING = "UTF8"


def findings(reporters: Mapping[str, BaseReporter], *, ping: bool) -> Iterator[Finding]:
    """Check each reporter of this plugin; servers are only queried with `ping`."""
    for label, reporter in reporters.items():
        if isinstance(reporter, PostgresReporter) and ping:
            try:
                info = reporter.server_info()
            except ReporterException:  # reported by its ping
                continue
            yield from of_server(label, info)


def of_server(label: str, info: ServerInfo) -> Iterator[Finding]:
    """Describe a server, and what prevents reporting to it."""
    yield Finding(label, f"PostgreSQL {info.version}, encoding {info.encoding}, as the user {info.user!r}")
    if info.encoding != _ENCODING:
        text = f"the database has the encoding {info.encoding}, which cannot hold every character"
        yield Finding(label, text, "use a database created with ENCODING 'UTF8'")
    if info.read_only:
        yield Finding(label, "the server is read-only", "name the primary server, not a standby")
    if info.missing:
        privileges = ", ".join(info.missing)
        text = f"the user {info.user!r} lacks {privileges} on the table {info.table}"
        yield Finding(label, text, f"as its owner: {grant(info.missing, info.table, info.user)}")
