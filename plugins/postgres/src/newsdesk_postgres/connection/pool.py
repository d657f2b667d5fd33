"""The pool of connections of one reporter, and how statements are run."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import extensions

# The pool alone: an engine asks each new connection for its version, its schema and more, and to make one
# fails while another thread imports SQLAlchemy's ORM, as MLflow does for a local store. A dialect, which
# `pre_ping` needs, would import those of all drivers.
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from newsdesk_postgres.connection.failures import spoils_session
from newsdesk_postgres.errors import TransientPostgresError

if TYPE_CHECKING:
    from sqlalchemy.pool import PoolProxiedConnection

SIZE = 5
"""Connections of a reporter at a time: as many as threads may use it without waiting for each other."""

Connection = extensions.connection
Values = Mapping[str, Any]


def run(connection: Connection, statement: str, values: Values | None = None) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows; percent signs only mean something beside values."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


class Pool:
    """Connects when needed, tests what has waited, and lends each connection to one thread at a time.

    Args:
        connect: makes a connection.
        timeout: seconds to wait for a connection that another thread uses; at least 1.
    """

    def __init__(self, connect: Callable[[], Connection], *, timeout: float = 10) -> None:
        def in_autocommit() -> Connection:
            connection = connect()
            connection.autocommit = True
            return connection

        self._timeout = max(1.0, timeout)
        self._pool = QueuePool(
            in_autocommit,  # type: ignore[arg-type]  # its protocol of a connection takes one argument less
            pool_size=SIZE,
            max_overflow=0,
            timeout=self._timeout,
            use_lifo=True,
        )

    @contextlib.contextmanager
    def lend(self) -> Iterator[Connection]:
        """Lend a connection; each statement is its own transaction, which saves two round trips.

        After an error of its session it is closed, and so are the others: a session that started on a standby
        stays read-only after a failover, so the next attempt needs a new one.

        Raises:
            TransientPostgresError: all of them are in use.
        """
        try:
            pool, lent = self._tested()
        except PoolTimeoutError as error:
            raise TransientPostgresError(
                f"all {SIZE} connections of the reporter were in use for {self._timeout:g} s"
            ) from error
        connection = _psycopg2(lent)
        try:
            yield connection
        except psycopg2.Error as error:
            if spoils_session(error):
                connection.close()
                self.close()
            raise
        finally:
            # Not one that was closed or interrupted, or that is of before `close`.
            if _is_unused(connection) and pool is self._pool:
                lent.close()
            else:
                lent.invalidate()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Lend a connection for several statements in one transaction."""
        with self.lend() as connection:
            # In SQL, so that the connection itself never has to be switched back.
            run(connection, "BEGIN ISOLATION LEVEL READ COMMITTED")
            try:
                yield connection
                run(connection, "COMMIT")
            except BaseException:
                with contextlib.suppress(psycopg2.Error):  # what was raised is what counts
                    run(connection, "ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connections that are not in use, and each other one when it comes back."""
        pool, self._pool = self._pool, self._pool.recreate()
        pool.dispose()

    def abandon(self) -> None:
        """Drop connections that belong to the parent process: psycopg2 closes none of another process."""
        self._pool = self._pool.recreate()

    def _tested(self) -> "tuple[QueuePool, PoolProxiedConnection]":
        """Take a connection that works, and its pool; one that has waited may have been closed meanwhile."""
        pool = self._pool
        lent = pool.connect()
        is_new = not lent.info
        lent.info["is_used"] = True
        with contextlib.suppress(psycopg2.Error):
            if not is_new:
                run(_psycopg2(lent), "SELECT 1")
            return pool, lent
        lent.invalidate()
        self.close()  # the server was restarted: the others are not tried one by one
        return self._tested()


def _psycopg2(lent: "PoolProxiedConnection") -> Connection:
    return lent.dbapi_connection  # type: ignore[return-value]  # the pool knows what every driver has


def _is_unused(connection: Connection) -> bool:
    return not connection.closed and connection.get_transaction_status() == extensions.TRANSACTION_STATUS_IDLE
