"""Files and folders that are written whole or not at all, and survive a loss of power."""

import errno
import os
import secrets
from pathlib import Path


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, and still there after a loss of power.

    Raises:
        OSError: it could not be written; then the old file is untouched and nothing is left behind.
    """
    make_folder(target.parent)
    # In the same folder, because only within one file system is the replacement atomic.
    temporary = target.parent / f".newsdesk-{secrets.token_hex(16)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # The new name is an entry of the folder, which is buffered separately.
    sync_folder(target.parent)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and its parents; each new one is flushed in its own parent.

    Args:
        folder: The folder.
        mode: Who may use it, before the umask; its parents are as any other new folder.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, where the system knows how."""
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a share that knows no such thing
            raise
    finally:
        os.close(descriptor)
