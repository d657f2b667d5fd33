"""What `newsdesk doctor` checks of a server: version, encoding, the user's privileges."""

from collections.abc import Iterator

from newsdesk import Finding

from newsdesk_postgres.table.privileges import grant
from newsdesk_postgres.table.server_info import ServerInfo

_ENCODING = "UTF8"


def of_server(info: ServerInfo) -> Iterator[Finding]:
    """Describe a server, and what prevents reporting to it."""
    yield Finding(f"PostgreSQL {info.version}, encoding {info.encoding}, as the user {info.user!r}")
    if info.encoding != _ENCODING:
        text = f"the database has the encoding {info.encoding}, which cannot hold every character"
        yield Finding(text, "use a database created with ENCODING 'UTF8'")
    if info.read_only:
        yield Finding("the server is read-only", "name the primary server, not a standby")
    if info.missing:
        privileges = ", ".join(info.missing)
        text = f"the user {info.user!r} lacks {privileges} on the table {info.table}"
        yield Finding(text, f"as its owner: {grant(info.missing, info.table, info.user)}")
