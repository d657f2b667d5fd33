"""Keeps azure-identity from logging why a login failed: what Azure answers may quote what was sent."""

import contextlib
import logging
import threading
from collections.abc import Iterator

_LIBRARY = "azure.identity"

_here = threading.local()


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """Drop the library's warnings of this thread: whoever fails within tells of it by an error.

    What is below a warning stays, since nobody sees it who has not asked for it.
    """
    # A filter is not handed down, so that each of its loggers needs it; to add it again does nothing.
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
