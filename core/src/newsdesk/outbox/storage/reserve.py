"""Bytes kept back on a disk, to be given up when it is full."""

import contextlib
import os
from pathlib import Path

SIZE = 8 << 20
"""Bytes: twice what SQLite's log grows to before it is written back (1000 pages of 4 KiB)."""


class Reserve:
    """A file that holds nothing but its place.

    On a full disk nothing can be taken out of a database, since that must be written down first. What this
    file gives back is room for it.
    """

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self.path = path
        self._size = size

    @property
    def is_kept(self) -> bool:
        """Whether it is there."""
        return self.path.exists()

    def keep(self) -> None:
        """Make the file, where the disk has the room; where it has not, the next call tries again."""
        if self.is_kept:
            return
        try:
            self._fill()
        except OSError:
            self.give_up()

    def give_up(self) -> None:
        """Give the room back."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _fill(self) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, self._size)
                return
            for _ in range(0, self._size, 1 << 20):
                file.write(bytes(1 << 20))
