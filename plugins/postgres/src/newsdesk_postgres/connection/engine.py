"""The pool of connections of one reporter."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg2

# Whole, before anything is asked of SQLAlchemy: while another thread imports its ORM, as MLflow does for a
# local store, statements are built with what is half imported there, and fail.
import sqlalchemy.orm  # noqa: F401
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from newsdesk_postgres.connection.failures import spoils_session

# The driver is named, since to SQLAlchemy 2.1 a bare `postgresql://` means psycopg 3.
_DRIVER = "postgresql+psycopg2://"


def make_engine(connect: Callable[[], psycopg2.extensions.connection], *, pool_timeout: float = 10) -> Engine:
    """Make a pool that connects when it is first used, and tests a connection before it is used again.

    Each statement is a transaction, which saves two round trips; see `transaction` for several in one.
    """
    return create_engine(
        _DRIVER,
        creator=connect,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=0,
        pool_timeout=max(1.0, pool_timeout),
        pool_use_lifo=True,
        hide_parameters=True,
        # For the whole pool: SQLAlchemy would set it for one use, and back, with a round trip each.
        isolation_level="AUTOCOMMIT",
    )


def transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """Lend a connection for statements that take effect together."""
    return engine.execution_options(isolation_level="READ COMMITTED").begin()


@contextlib.contextmanager
def used(connection: Connection) -> Iterator[None]:
    """Use a connection, and drop it, with all others of its pool, after an error that comes of its session.

    A session that began on a standby stays read-only also when its server, or the one that its address leads
    to, has become the primary: the next attempt needs a new one.
    """
    try:
        yield
    except (SQLAlchemyError, psycopg2.Error) as error:
        if spoils_session(error):
            connection.invalidate()
            connection.engine.dispose()
        raise
