"""Pure: the privileges that reporting needs, and the SQL that grants them."""

from collections.abc import Sequence

from newsdesk_postgres.table.identifiers import quoted

PRIVILEGES = ("SELECT", "INSERT", "UPDATE")
"""On the table: PostgreSQL reads a row to overwrite it."""


def grant(privileges: Sequence[str], table: str, user: str) -> str:
    """Return the SQL that grants privileges on a table.

    Args:
        privileges: the privileges.
        table: the table's name, quoted if necessary.
        user: the user's name, unquoted.
    """
    return f"GRANT {', '.join(privileges)} ON {table} TO {quoted(user)}"


def to_use(table: str, schema: str | None, user: str) -> str:
    """Return what to do if a privilege on an existing table is missing."""
    usage = "" if schema is None else f"GRANT USAGE ON SCHEMA {schema} TO {quoted(user)}; "
    return f"run as its owner: {usage}{grant(PRIVILEGES, table, user)}"


def to_create(schema: str | None, user: str) -> str:
    """Return what to do if the table cannot be created or upgraded."""
    create = f"GRANT USAGE, CREATE ON SCHEMA {schema or 'public'} TO {quoted(user)}"
    return (
        f"run as the schema's owner: {create}; or let the table's owner report once; or set 'create: false' "
        "to see the SQL"
    )
