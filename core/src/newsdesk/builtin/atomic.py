"""Write a file whole or not at all."""

import os
import secrets
from pathlib import Path

from newsdesk.folder import make_folder, sync_folder


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
    # The new name is an entry of the folder, which has a buffer of its own.
    sync_folder(target.parent)
