"""What `newsdesk doctor` checks of a server: its version, its encoding, the user's rights."""

from collections.abc import Iterator, Mapping

from newsdesk import BaseReporter, Finding, ReporterException

from newsdesk_postgres.reporter import PostgresReporter
from newsdesk_postgres.table.rights import grant
from newsdesk_postgres.table.server_info import ServerInfo

_ENCODING = "UTF8"


def findings(reporters: Mapping[str, BaseReporter], *, ping: bool) -> Iterator[Finding]:
    """Check each reporter of this plugin; without `ping`, nothing is asked of its server."""
    for label, reporter in reporters.items():
        if isinstance(reporter, PostgresReporter) and ping:
            try:
                info = reporter.server_info()
            except ReporterException:  # its ping reports that
                continue
            yield from of_server(label, info)


def of_server(label: str, info: ServerInfo) -> Iterator[Finding]:
    """Give what a server is, and what of that prevents reporting."""
    yield Finding(label, f"PostgreSQL {info.version}, encoding {info.encoding}, as the user {info.user!r}")
    if info.encoding != _ENCODING:
        text = f"the database has the encoding {info.encoding}, which cannot hold every character"
        yield Finding(label, text, "report to a database that was made with ENCODING 'UTF8'")
    if info.read_only:
        yield Finding(label, "nothing can be written there", "name the primary server, not a standby")
    if info.missing:
        rights = ", ".join(info.missing)
        text = f"the user {info.user!r} has no right to {rights} on the table {info.table}"
        yield Finding(label, text, f"as its owner: {grant(info.missing, info.table, info.user)}")
