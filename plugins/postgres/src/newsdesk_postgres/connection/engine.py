"""The pool of connections of one reporter."""

import math
from contextlib import AbstractContextManager
from typing import Any

# Whole, before anything is asked of SQLAlchemy: while another thread imports its ORM, as MLflow does for a
# local store, statements are built with what is half imported there, and fail.
import sqlalchemy.orm  # noqa: F401
from sqlalchemy import URL, Connection, Engine, create_engine

APPLICATION = "newsdesk"
"""The name of the connections in `pg_stat_activity`."""

# A peer that vanished is noticed after a minute of silence, or 30 s of unanswered data.
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def make_engine(
    url: URL, *, sslmode: str | None, connect_timeout: float, statement_timeout: float | None
) -> Engine:
    """Make a pool that connects when it is first used, and tests a connection before it is used again.

    Each statement is a transaction, which saves two round trips; see `transaction` for several in one.
    """
    arguments: dict[str, Any] = {
        **_KEEPALIVE,
        "application_name": APPLICATION,
        "client_encoding": "utf8",
        # libpq takes whole seconds, at least 2.
        "connect_timeout": max(2, math.ceil(connect_timeout)),
    }
    if sslmode is not None:
        arguments["sslmode"] = sslmode
    if statement_timeout is not None:
        own = url.query.get("options", "")
        arguments["options"] = f"{own} -c statement_timeout={math.ceil(statement_timeout * 1000)}".strip()
    return create_engine(
        url,
        connect_args=arguments,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=0,
        pool_timeout=max(1.0, connect_timeout),
        pool_use_lifo=True,
        hide_parameters=True,
        # For the whole pool: SQLAlchemy would set it for one use, and back, with a round trip each.
        isolation_level="AUTOCOMMIT",
    )


def transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """Lend a connection for statements that take effect together."""
    return engine.execution_options(isolation_level="READ COMMITTED").begin()
