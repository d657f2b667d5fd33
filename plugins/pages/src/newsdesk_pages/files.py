"""Files that many writers share: read, written atomically, and written again until they are right."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from newsdesk import PermanentReporterError, TransientReporterError
from newsdesk.atomic import write_atomically

_TRANSIENT = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EIO", "EAGAIN", "EINTR", "ESTALE", "EMFILE", "ENFILE", "ETIMEDOUT")
    if hasattr(errno, name)
)
"""Errors of the system that a retry may fix."""


def settle(target: Path, content: Callable[[], bytes]) -> bool:
    """Write what a file must have, until it has it; return whether anything was written.

    `content` is asked again after each write: another writer may have changed what it depends on, or have
    written the file from what it read before.
    """
    changed = False
    while read(target) != (data := content()):
        with errors_of(target):
            write_atomically(target, data)
        changed = True
    return changed


def read(file: Path) -> bytes | None:
    """Return what a file has; None if it is missing."""
    with errors_of(file, "read"):
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return None


def first_line(file: str) -> bytes:
    """Return the first line of a file, with its end; nothing if it is missing."""
    try:
        with open(file, "rb") as opened:  # noqa: PTH123  (of a path as text: many are read for each report)
            return opened.readline()
    except FileNotFoundError:
        return b""
    except OSError:
        with errors_of(Path(file), "read"):
            raise


def names(folder: Path) -> list[str]:
    """Return the names in a folder, sorted; none if it is missing."""
    with errors_of(folder, "read"):
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208  (paths take long to make, and to sort)
        except FileNotFoundError:
            return []


@contextmanager
def errors_of(target: Path, doing: str = "written") -> Iterator[None]:
    """Translate the system's errors to newsdesk's."""
    try:
        yield
    except OSError as error:
        if error.errno in _TRANSIENT:
            raise TransientReporterError(
                f"{str(target)!r} cannot be {doing} now: {error.strerror}"
            ) from error
        raise PermanentReporterError(
            f"{str(target)!r} cannot be {doing}: {error.strerror}; fix the folder, or set another 'folder'"
        ) from error
