"""Files that many writers share: read, written atomically, and written again until they are right."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from newsdesk import PermanentReporterError, TransientReporterError
from newsdesk.atomic import write_atomically

_PERMANENT = frozenset(
    getattr(errno, name)
    for name in ("EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "EEXIST", "ENAMETOOLONG", "ELOOP")
)
"""Errors of the system that a retry does not fix."""


def settle(content: Callable[[], Mapping[Path, bytes]]) -> bool:
    """Write what files must have, until they have it; return whether anything was written.

    `content` is asked again after each write: another writer may have changed what it depends on, or have
    written a file from what it read before.
    """
    changed = False
    while wrong := {target: data for target, data in content().items() if read(target) != data}:
        for target, data in wrong.items():
            with errors_of(target):
                write_atomically(target, data)
        changed = True
    return changed


def read(file: Path) -> bytes | None:
    """Return what a file has; None if it is missing."""
    with errors_of(file, "read"), suppress(FileNotFoundError):
        return file.read_bytes()
    return None


def names(folder: Path) -> list[str]:
    """Return the names in a folder, sorted; none if it is missing."""
    with errors_of(folder, "read"), suppress(FileNotFoundError):
        return sorted(os.listdir(folder))  # noqa: PTH208  (paths take long to make, and to sort)
    return []


@contextmanager
def errors_of(target: Path, doing: str = "written") -> Iterator[None]:
    """Translate the system's errors to newsdesk's."""
    try:
        yield
    except OSError as error:
        if error.errno in _PERMANENT:
            why = f"{error.strerror}; fix the folder, or set another 'folder'"
            raise PermanentReporterError(f"{str(target)!r} cannot be {doing}: {why}") from error
        raise TransientReporterError(f"{str(target)!r} cannot be {doing} now: {error.strerror}") from error
