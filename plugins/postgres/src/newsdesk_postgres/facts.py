"""Facts: what a server is, and what its user may do with the table."""

from typing import TYPE_CHECKING, NamedTuple

# SQLAlchemy takes a second: whoever lists reporters does not wait for it.
if TYPE_CHECKING:
    from sqlalchemy import Connection

_RIGHTS = ("SELECT", "INSERT", "UPDATE")
"""What reporting needs: to overwrite a row it has to be read."""


class Facts(NamedTuple):
    """What was found."""

    version: str
    """The server's version."""
    encoding: str
    """The database's encoding."""
    user: str
    """Who is connected."""
    table: str
    """The table's name with its schema, quoted where SQL asks for it."""
    missing: tuple[str, ...]
    """Rights that the user lacks on the table, of those that reporting needs."""
    read_only: bool
    """Whether nothing can be written: a standby, or a database that is set so."""


def facts_of(connection: "Connection", table: str) -> Facts:
    """Ask the server, as the user that is connected."""
    from sqlalchemy import text  # noqa: PLC0415  (see above)

    asked = text(
        "SELECT current_setting('server_version'), current_setting('server_encoding'), current_user::text, "
        "pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool, "
        "ARRAY(SELECT wanted FROM unnest(CAST(:rights AS text[])) AS wanted "
        "WHERE NOT has_table_privilege(CAST(:table AS text), wanted))"
    )
    row = connection.execute(asked, {"rights": list(_RIGHTS), "table": table}).one()
    version, encoding, user, read_only, missing = row
    return Facts(version, encoding, user, table, tuple(missing), read_only)
