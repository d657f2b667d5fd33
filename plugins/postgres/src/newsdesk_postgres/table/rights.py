"""Pure: the rights that reporting needs, and how they are granted."""

from collections.abc import Sequence

RIGHTS = ("SELECT", "INSERT", "UPDATE")
"""Those on the table: to overwrite a row it has to be read."""


def grant(rights: Sequence[str], table: str, user: str) -> str:
    """Give the SQL that grants rights on a table.

    Args:
        rights: which.
        table: the table's name, quoted where SQL asks for it.
        user: the user's name, as it is.
    """
    return f"GRANT {', '.join(rights)} ON {table} TO {quoted(user)}"


def to_use(table: str, schema: str | None, user: str) -> str:
    """Give what to do where a right on an existing table is missing."""
    usage = "" if schema is None else f"GRANT USAGE ON SCHEMA {schema} TO {quoted(user)}; "
    return f"run as its owner: {usage}{grant(RIGHTS, table, user)}"


def to_create(schema: str | None, user: str) -> str:
    """Give what to do where a right to create or to upgrade the table is missing."""
    create = f"GRANT USAGE, CREATE ON SCHEMA {schema or 'public'} TO {quoted(user)}"
    return (
        f"run as the schema's owner: {create}; or let the table's owner report once; or set 'create: false', "
        "which lists the SQL for them"
    )


def quoted(user: str) -> str:
    """Give a user's name as SQL has it."""
    return '"' + user.replace('"', '""') + '"'
