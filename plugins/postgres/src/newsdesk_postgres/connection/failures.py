"""What the errors of PostgreSQL, psycopg2 and SQLAlchemy mean: worth another try, or not."""

import contextlib
from collections.abc import Iterator

import psycopg2
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

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
        "57014",  # the statement took too long
        "57P01",  # shut down by an administrator
        "57P02",  # crash of another process
        "57P03",  # cannot connect now: starting up
        "57P05",  # idle for too long
    }
)
_TRANSIENT_CLASSES = frozenset({"08", "25", "53"})
"""Errors of the connection, of its transaction (25006: read-only, on a standby that is about to become the
primary, or that was it), and of what the server has run out of: connections, memory, disk."""

_STATEMENT_STATES = frozenset({"55P03", "57014"})
_STATEMENT_CLASSES = frozenset({"0A", "21", "22", "23", "40", "42", "54"})
"""Errors of what was sent, or of what others do with the same rows: the session is as good as before."""

_NO_RIGHT = "42501"
_HINTS = {
    "25006": "it is a standby, or was one: name the primary, or let `target_session_attrs` find it",
    "57014": "it was cancelled, or took longer than `statement_timeout`",
    "3F000": "create the first schema of the user's search_path, or set `schema`",
    "42P01": "the table was there when this reporter opened: close the reporter and open it again",
    "42703": "the table was changed after this reporter opened: close the reporter and open it again",
    "42P10": "the table was changed after this reporter opened: close the reporter and open it again",
    "22001": "the column was made with a limit: ALTER TABLE … ALTER COLUMN … TYPE text takes it off",
}


@contextlib.contextmanager
def translated(doing: str, *, rights: str = "") -> Iterator[None]:
    """Turn what SQLAlchemy raises within into an error of ours.

    Args:
        doing: what is being done.
        rights: what to do where a right for it is missing.
    """
    try:
        yield
    # SQLAlchemy lets some of psycopg2's pass, such as those of giving a connection back to the pool.
    except (SQLAlchemyError, psycopg2.Error) as error:
        raise translate(error, doing, rights) from error


def translate(
    error: SQLAlchemyError | psycopg2.Error, doing: str, rights: str = ""
) -> PostgresReporterException:
    """Give our error for one of SQLAlchemy's or psycopg2's."""
    state = _state(error)
    text = f"{doing}: {_message(error)}"
    if state:
        text += f" (SQLSTATE {state})"
    if state in _HINTS:
        text += f"; {_HINTS[state]}"
    if state == _NO_RIGHT and rights and "row-level security" not in text:  # that is a policy, no right
        text += f"; {rights}"
    return TransientPostgresError(text) if _is_transient(error, state) else PermanentPostgresError(text)


def spoils_session(error: SQLAlchemyError | psycopg2.Error) -> bool:
    """Tell whether an error may come of the session it happened in, so that another try needs a new one."""
    state = _state(error)
    return state not in _STATEMENT_STATES and state[:2] not in _STATEMENT_CLASSES


def _state(error: SQLAlchemyError | psycopg2.Error) -> str:
    return getattr(_original(error), "pgcode", None) or ""


def _is_transient(error: SQLAlchemyError | psycopg2.Error, state: str) -> bool:
    if isinstance(error, PoolTimeoutError):
        return True
    if state:
        return state in _TRANSIENT or state[:2] in _TRANSIENT_CLASSES
    # The connection was lost, and nobody has said why.
    return getattr(error, "connection_invalidated", False) or isinstance(
        _original(error), psycopg2.OperationalError | psycopg2.InterfaceError
    )


def _original(error: SQLAlchemyError | psycopg2.Error) -> BaseException:
    """Give psycopg2's error, if one of SQLAlchemy's has it in it."""
    return getattr(error, "orig", None) or error


def _message(error: SQLAlchemyError | psycopg2.Error) -> str:
    """Give what PostgreSQL said: without the statement, which SQLAlchemy adds, and on one line."""
    original = _original(error)
    diagnosis = getattr(original, "diag", None)
    told = [getattr(diagnosis, name, None) for name in ("message_primary", "message_detail", "message_hint")]
    text = "; ".join(part for part in told if part) or str(original)
    return " ".join(text.split()) or type(original).__name__
