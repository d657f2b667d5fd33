"""The pool of connections of one reporter."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg2

# Imported completely first: while another thread imports SQLAlchemy's ORM, as MLflow does for a local store,
# statements would be compiled with half-imported modules, and fail.
import sqlalchemy.orm  # noqa: F401
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from newsdesk_postgres.connection.failures import spoils_session

# The driver is named, since to SQLAlchemy 2.1 a bare `postgresql://` means psycopg 3.
_DRIVER = "postgresql+psycopg2://"


def make_engine(connect: Callable[[], psycopg2.extensions.connection], *, pool_timeout: float = 10) -> Engine:
    """Return a pool that connects on first use, and tests a connection before reusing it.

    Each statement is its own transaction, which saves two round trips; see `transaction` for several.
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
        # For the whole pool: per use, SQLAlchemy would set and reset it with a round trip each.
        isolation_level="AUTOCOMMIT",
    )


def transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """Lend a connection for several statements in one transaction."""
    return engine.execution_options(isolation_level="READ COMMITTED").begin()


@contextlib.contextmanager
def used(connection: Connection) -> Iterator[None]:
    """Use a connection; after an error of its session, close it and the idle ones of its pool.

    A session that started on a standby stays read-only after a failover: the next attempt needs a new one.
    """
    try:
        yield
    except (SQLAlchemyError, psycopg2.Error) as error:
        if spoils_session(error):
            connection.invalidate()
            connection.engine.dispose()
        raise
