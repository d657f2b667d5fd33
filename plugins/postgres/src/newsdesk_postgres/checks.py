"""What this plugin has to say to `newsdesk doctor`: the server's version, its encoding, the user's rights."""

from collections.abc import Iterator, Mapping

from newsdesk import BaseReporter, Finding, ReporterException

from newsdesk_postgres.facts import Facts
from newsdesk_postgres.reporter import PostgresReporter

_ENCODING = "UTF8"


def findings(reporters: Mapping[str, BaseReporter], *, ping: bool) -> Iterator[Finding]:
    """Look at each reporter of this plugin; without `ping` there is nothing to be seen of its server."""
    for label, reporter in reporters.items():
        if isinstance(reporter, PostgresReporter) and ping:
            try:
                facts = reporter.facts()
            except ReporterException:  # that was told by its ping
                continue
            yield from of_facts(label, facts)


def of_facts(label: str, facts: Facts) -> Iterator[Finding]:
    """Tell what a server is, and what of that is in the way."""
    yield Finding(label, f"PostgreSQL {facts.version}, encoding {facts.encoding}, as the user {facts.user!r}")
    if facts.encoding != _ENCODING:
        text = f"the database has the encoding {facts.encoding}, which cannot hold every character"
        yield Finding(label, text, "report to a database that was made with ENCODING 'UTF8'")
    if facts.read_only:
        yield Finding(label, "nothing can be written there", "name the primary server, not a standby")
    if facts.missing:
        rights = ", ".join(facts.missing)
        text = f"the user {facts.user!r} has no right to {rights} on the table {facts.table}"
        user = facts.user.replace('"', '""')
        yield Finding(label, text, f'as its owner: GRANT {rights} ON {facts.table} TO "{user}"')
