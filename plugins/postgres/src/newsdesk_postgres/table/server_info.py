"""ServerInfo: what a server is, and what its user may do with the table."""

from typing import TYPE_CHECKING, NamedTuple

from newsdesk_postgres.table.rights import RIGHTS
from newsdesk_postgres.table.statements import SERVER_INFO

# SQLAlchemy takes a second: the doctor imports it only where there is a server to ask.
if TYPE_CHECKING:
    from sqlalchemy import Connection


class ServerInfo(NamedTuple):
    """What was found."""

    version: str
    """The server's version."""
    encoding: str
    """The database's encoding."""
    user: str
    """Who is connected."""
    read_only: bool
    """Whether nothing can be written: a standby, or a database that is set so."""
    missing: tuple[str, ...]
    """Rights that the user lacks on the table, of those that reporting needs."""
    table: str
    """The table's name with its schema, quoted where SQL asks for it."""


def server_info(connection: "Connection", table: str) -> ServerInfo:
    """Ask the server, as the user that is connected."""
    asked = {"rights": list(RIGHTS), "table": table}
    version, encoding, user, read_only, missing = connection.exec_driver_sql(SERVER_INFO, asked).one()
    return ServerInfo(version, encoding, user, read_only, tuple(missing), table)
