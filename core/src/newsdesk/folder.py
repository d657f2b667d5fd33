"""Folders that are still there after a loss of power."""

import errno
import os
from pathlib import Path


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
