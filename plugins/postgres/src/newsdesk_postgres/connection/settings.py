"""Pure: libpq's parameters for each connection; anything the user sets overrides the defaults."""

import math
from collections.abc import Mapping

APPLICATION = "newsdesk"
"""The name of the connections in `pg_stat_activity`."""

CONNECT_TIMEOUT: float = 10
"""Seconds to wait for a connection."""
STATEMENT_TIMEOUT: float = 60
"""Seconds that a statement may take."""

# Detects a lost peer after a minute of silence, or 30 s of unacknowledged data.
_KEEPALIVE = {
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


def settings(
    written: Mapping[str, str],
    environment: Mapping[str, str],
    *,
    sslmode: str | None = None,
    connect_timeout: float = CONNECT_TIMEOUT,
    statement_timeout: float | None = STATEMENT_TIMEOUT,
) -> dict[str, str]:
    """Return libpq's parameters.

    Args:
        written: the parameters of the address; they override everything else.
        environment: the variables that libpq reads, such as `PGOPTIONS`; they override defaults.
        sslmode: libpq's `sslmode`.
        connect_timeout: seconds, rounded up; at least 2.
        statement_timeout: seconds.
    """
    given = dict(written)
    # libpq uses a service's settings only where nothing else is set.
    has_service = bool(given.get("service") or environment.get("PGSERVICE"))
    if sslmode is not None:
        given.setdefault("sslmode", sslmode)
    if connect_timeout != CONNECT_TIMEOUT or not (has_service or environment.get("PGCONNECT_TIMEOUT")):
        given.setdefault("connect_timeout", str(max(2, math.ceil(connect_timeout))))
    if statement_timeout is not None and (statement_timeout != STATEMENT_TIMEOUT or not has_service):
        own = given.get("options", environment.get("PGOPTIONS", ""))
        # First, since PostgreSQL uses the last of two settings with the same name.
        given["options"] = f"-c statement_timeout={math.ceil(statement_timeout * 1000)} {own}".strip()
    if not (has_service or given.keys() & _KEEPALIVE.keys()):
        given |= _KEEPALIVE
    return {**given, "client_encoding": "utf8", "fallback_application_name": APPLICATION}
