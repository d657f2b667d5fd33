"""The path of an outbox: which file is there now, and how a new one is made."""

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from newsdesk.atomic import make_folder
from newsdesk.outbox.storage.faults import OutboxError

Identity = tuple[int, int]
"""What tells a file from another one at the same path: its device and inode."""

BESIDE = ("-wal", "-shm")
"""What SQLite keeps next to a file: the log, and the memory that the log's users share."""

_PAUSE = 0.01
"""Seconds between two tries for a lock."""


def identity(path: Path) -> Identity | None:
    """Give which file is at a path, or None where there is none.

    Raises:
        OutboxError: it is not a file.
        OSError: it cannot be looked at.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
        raise OutboxError(f"the outbox {str(path)!r} is {kind}: name a file, which is made when it is needed")
    return found.st_dev, found.st_ino


def beside(path: Path) -> dict[Path, Identity | None]:
    """Give which files SQLite keeps next to a path."""
    paths = [path.parent / (path.name + suffix) for suffix in BESIDE]
    return {path: identity(path) for path in paths}


def create(path: Path, until: float) -> None:
    """Make a file and its folder for their owner alone, from the first moment, where there is none.

    An existing file is not even opened here: to close it again would drop all locks of this process on it.
    """
    make_folder(path.parent, mode=0o700)
    if identity(path) is not None:
        return
    with _locked(path.parent, until), contextlib.suppress(FileExistsError):
        if identity(path) is None:
            remove(beside(path))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def disown(path: Path, theirs: dict[Path, Identity | None], until: float) -> None:
    """Remove the log of a file that was deleted or replaced, or its successor would be mixed with it."""
    if not path.parent.is_dir():
        return
    with _locked(path.parent, until):
        remove(beside for beside, found in theirs.items() if found is not None and found == identity(beside))


def remove(files: Iterable[Path]) -> None:
    """Remove files that may be gone already."""
    for path in files:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(folder: Path, until: float) -> Iterator[None]:
    """Let one process at a time make files in a folder.

    Raises:
        BlockingIOError: another one is at it until that `time.monotonic()`.
    """
    if sys.platform == "win32":  # an open file cannot be deleted or replaced there
        yield
        return
    import fcntl  # noqa: PLC0415  (not on Windows)

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)
