"""What the errors of PostgreSQL, psycopg2 and SQLAlchemy mean: worth another try, or not."""

import contextlib
import re
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
        "25006",  # read-only: a standby that is about to be, or just was, the primary
        "40001",  # serialization failure
        "40P01",  # deadlock
        "55P03",  # lock not available
        "57014",  # the statement took too long
        "57P01",  # shut down by an administrator
        "57P02",  # crash of another process
        "57P03",  # cannot connect now: starting up
    }
)
_TRANSIENT_CLASSES = frozenset({"08", "53"})
"""Errors of the connection, and of what the server has run out of: connections, memory, disk."""

# Errors of connecting carry no SQLSTATE: only their text tells those that will not pass. On a server that
# does not speak English they count as worth another try, and the deadline ends that.
_REFUSED_FOR_GOOD = re.compile(
    r"authentication failed|no password supplied|(role|database) \".*\" does not exist|no pg_hba\.conf entry|"
    r"not permitted to log in|permission denied for database|does not support SSL|certificate|"
    r"invalid (port number|.*value)|not currently accepting connections|invalid connection option|root\.crt"
)
_NO_POSTGRES = re.compile(
    r"invalid response to SSL negotiation|expected authentication request from server, but received"
)

_HINTS = {
    "57014": "it was cancelled, or took longer than 'statement_timeout'",
    "42501": "grant the user that right, or let an owner of the table report once",
    "42P01": "the table was there when this reporter opened: close the reporter and open it again",
    "42703": "the table was changed after this reporter opened: close the reporter and open it again",
    "42P10": "the table was changed after this reporter opened: close the reporter and open it again",
    "22001": "the column was made with a limit: ALTER TABLE … ALTER COLUMN … TYPE text takes it off",
}


@contextlib.contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what SQLAlchemy raises within into an error of ours that says what was being done."""
    try:
        yield
    # SQLAlchemy lets some of psycopg2's pass, such as those of giving a connection back to the pool.
    except (SQLAlchemyError, psycopg2.Error) as error:
        raise translate(error, doing) from error


def translate(error: SQLAlchemyError | psycopg2.Error, doing: str) -> PostgresReporterException:
    """Give our error for one of SQLAlchemy's or psycopg2's."""
    state = getattr(_original(error), "pgcode", None)
    told = f"{doing}: {_message(error)}"
    if state:
        told += f" (SQLSTATE {state})"
    if state in _HINTS:
        told += f"; {_HINTS[state]}"
    if _NO_POSTGRES.search(told):
        told += "; the server there is not a PostgreSQL: check the host and the port"
    return TransientPostgresError(told) if _is_transient(error, state) else PermanentPostgresError(told)


def _is_transient(error: SQLAlchemyError | psycopg2.Error, state: str | None) -> bool:
    if isinstance(error, PoolTimeoutError):
        return True
    if state:
        return state in _TRANSIENT or state[:2] in _TRANSIENT_CLASSES
    original, told = _original(error), str(_original(error))
    lost = getattr(error, "connection_invalidated", False)
    lost = lost or isinstance(original, psycopg2.OperationalError | psycopg2.InterfaceError)
    return lost and not (_REFUSED_FOR_GOOD.search(told) or _NO_POSTGRES.search(told))


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
