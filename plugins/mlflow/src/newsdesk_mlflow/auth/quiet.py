"""Keeps Azure's libraries from logging a login: what is sent and answered has tenants, users and secrets."""

import contextlib
import logging
import threading
from collections.abc import Iterator

_LIBRARIES = ("azure", "msal", "urllib3")

_here = threading.local()


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """Drop what the libraries log in this thread: a failure is reported by an exception."""
    # Filters are not inherited, so each logger needs it; adding it again does nothing.
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] in _LIBRARIES:
            logging.getLogger(name).addFilter(_passes)
    _here.quiet = True
    try:
        yield
    finally:
        _here.quiet = False


def _passes(_record: logging.LogRecord) -> bool:
    return not getattr(_here, "quiet", False)
