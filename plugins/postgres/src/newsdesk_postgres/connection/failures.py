"""Classify the errors of PostgreSQL and psycopg2: transient or permanent."""

import contextlib
from collections.abc import Iterator

import psycopg2

from newsdesk_postgres.errors import (
    PermanentPostgresError,
    PostgresReporterException,
    TransientPostgresError,
)

# Appendix A of PostgreSQL's manual, "PostgreSQL Error Codes".
_TRANSIENT = frozenset(
    {
        "40001",  # serialization failure, conflict with recovery
        "40P01",  # deadlock
        "55P03",  # lock not available
        "57014",  # statement timeout, or cancelled
        "57P01",  # administrator shutdown
        "57P02",  # crash of another process
        "57P03",  # cannot connect now: starting up
        "57P05",  # idle session timeout
    }
)
_TRANSIENT_CLASSES = frozenset({"08", "25", "53"})
"""Errors of the connection, of its transaction (25006: read-only, on a standby that is about to become the
primary, or that was it), and of what the server has run out of: connections, memory, disk."""

_STATEMENT_STATES = frozenset({"55P03", "57014"})
_STATEMENT_CLASSES = frozenset({"0A", "21", "22", "23", "40", "42", "54"})
"""Errors of the statement, or of concurrent ones: the session remains usable."""

_NO_PRIVILEGE = "42501"
_HINTS = {
    "25006": "the server is a standby, or was one: connect to the primary, or set `target_session_attrs`",
    "57014": "it was cancelled, or exceeded `statement_timeout`",
    "3F000": "create the first schema of the user's search_path, or set `schema`",
    "42P01": "the table existed when this reporter was opened: close and reopen the reporter",
    "42703": "the table was changed after this reporter was opened: close and reopen the reporter",
    "42P10": "the table was changed after this reporter was opened: close and reopen the reporter",
    "22001": "the column has a length limit: remove it with ALTER TABLE … ALTER COLUMN … TYPE text",
}


@contextlib.contextmanager
def translated(doing: str, *, remedy: str = "") -> Iterator[None]:
    """Convert errors of psycopg2 to the errors of this distribution.

    Args:
        doing: the action, for the message.
        remedy: what to do if a privilege is missing.
    """
    try:
        yield
    except psycopg2.Error as error:
        raise translate(error, doing, remedy) from error


def translate(error: psycopg2.Error, doing: str, remedy: str = "") -> PostgresReporterException:
    """Return the error of this distribution for one of psycopg2's."""
    state = error.pgcode or ""
    text = f"{doing}: {_message(error)}"
    if state:
        text += f" (SQLSTATE {state})"
    if state in _HINTS:
        text += f"; {_HINTS[state]}"
    if state == _NO_PRIVILEGE and remedy and "row-level security" not in text:  # a policy, not a privilege
        text += f"; {remedy}"
    return TransientPostgresError(text) if _is_transient(error) else PermanentPostgresError(text)


def spoils_session(error: psycopg2.Error) -> bool:
    """Return whether an error may be due to the session, so that a retry needs a new one."""
    state = error.pgcode or ""
    return state not in _STATEMENT_STATES and state[:2] not in _STATEMENT_CLASSES


def _is_transient(error: psycopg2.Error) -> bool:
    if error.pgcode:
        return error.pgcode in _TRANSIENT or error.pgcode[:2] in _TRANSIENT_CLASSES
    # The connection was lost.
    is_closed = error.cursor is not None and bool(error.cursor.connection.closed)
    return is_closed or isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)


def _message(error: psycopg2.Error) -> str:
    """Return PostgreSQL's message on one line, without the statement that psycopg2 adds."""
    diagnosis = error.diag
    parts = [getattr(diagnosis, name, None) for name in ("message_primary", "message_detail", "message_hint")]
    text = "; ".join(part for part in parts if part) or str(error)
    return " ".join(text.split()) or type(error).__name__
