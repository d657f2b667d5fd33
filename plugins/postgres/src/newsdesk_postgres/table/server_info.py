"""ServerInfo: a server's version and settings, and the user's missing privileges."""

from typing import TYPE_CHECKING, NamedTuple

from newsdesk_postgres.table.privileges import PRIVILEGES
from newsdesk_postgres.table.statements import SERVER_INFO

# The doctor imports psycopg2 only if there is a server to query.
if TYPE_CHECKING:
    from newsdesk_postgres.connection.pool import Connection


class ServerInfo(NamedTuple):
    """A server, as seen by its user."""

    version: str
    """The server's version."""
    encoding: str
    """The database's encoding."""
    user: str
    """The connected user."""
    read_only: bool
    """Whether it is read-only: a standby, or a database with that setting."""
    missing: tuple[str, ...]
    """The privileges on the table that reporting needs and the user lacks."""
    table: str
    """The table's name with its schema, quoted if necessary."""


def server_info(connection: "Connection", table: str) -> ServerInfo:
    """Query the server, as the connected user."""
    from newsdesk_postgres.connection.pool import run  # noqa: PLC0415  (psycopg2, see above)

    asked = {"privileges": list(PRIVILEGES), "table": table}
    [(version, encoding, user, read_only, missing)] = run(connection, SERVER_INFO, asked)
    return ServerInfo(version, encoding, user, read_only, tuple(missing), table)
