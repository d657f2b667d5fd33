"""Records the I/O of a piece of code: files, connections and processes."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_WATCHED = ("socket.", "subprocess.", "sqlite3.", "os.", "shutil.", "tempfile.", "urllib.", "pathlib.")


class _Watch(threading.local):
    seen: list[str] | None = None


_watch = _Watch()


@contextmanager
def io_events() -> Iterator[list[str]]:
    """Record what this thread does to files, connections and processes, as the names of audit events."""
    _install()
    seen: list[str] = []
    _watch.seen = seen
    try:
        yield seen
    finally:
        _watch.seen = None


@cache
def _install() -> None:
    sys.addaudithook(_record)  # for good: Python cannot remove one


def _record(event: str, arguments: tuple[Any, ...]) -> None:
    if _watch.seen is not None and (event == "open" or event.startswith(_WATCHED)):
        _watch.seen.append(f"{event} {arguments[0]!r}" if arguments else event)
