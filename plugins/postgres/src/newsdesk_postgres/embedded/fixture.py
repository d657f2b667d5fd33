"""A private PostgreSQL for tests; see `newsdesk.testing.fixtures`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from newsdesk.testing import ServerMissing

from newsdesk_postgres.embedded.binaries import NoBinariesError
from newsdesk_postgres.embedded.server import EmbeddedPostgres


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL that is not durable, and yield its URL.

    Raises:
        ServerMissing: no PostgreSQL is installed.
    """
    private = EmbeddedPostgres(folder / "postgres", durable=False)
    try:
        url = private.start().url
    except NoBinariesError as error:
        raise ServerMissing(str(error)) from error
    try:
        yield url
    finally:
        private.stop()
