"""Keeps azure-identity from logging why a login failed: what Azure answers may quote what was sent."""

import contextlib
import logging
import threading
from collections.abc import Iterator

_LIBRARY = "azure.identity"

_here = threading.local()


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """Drop the library's warnings in this thread: a failure is reported by an exception.

    Messages below WARNING are kept: they are shown only if enabled explicitly.
    """
    # Filters are not inherited, so each logger needs it; adding it again does nothing.
    for name in [*logging.root.manager.loggerDict]:
        if f"{name}.".startswith(f"{_LIBRARY}."):
            logging.getLogger(name).addFilter(_passes)
    _here.quiet = True
    try:
        yield
    finally:
        _here.quiet = False


def _passes(record: logging.LogRecord) -> bool:
    return record.levelno < logging.WARNING or not getattr(_here, "quiet", False)
