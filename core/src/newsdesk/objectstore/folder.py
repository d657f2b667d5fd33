"""A folder as an object store: for a disk, or a network file system that several nodes have mounted."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsdesk.atomic import make_folder, write_atomically
from newsdesk.contract.disk import error_of_disk
from newsdesk.exceptions import PermanentReporterError, TransientReporterError
from newsdesk.objectstore.store import ConflictError, Found, Listed, Version

LOCKS = 64
"""Lock files: writers of different objects seldom wait for each other."""

_PAUSE = 0.01
"""Seconds between two attempts to get a lock."""


class FolderStore:
    """The objects below a folder, each one file.

    A conditional write holds a lock of the operating system (`flock`) while it compares and replaces: every
    node has to see the locks of the others, as NFS 4 and the usual cluster file systems do. The clock of the
    store is that of the file system's times.

    Args:
        folder: An absolute path; made when something is written.
        timeout: Seconds to wait for a lock.
    """

    def __init__(self, folder: str, timeout: float) -> None:
        self._folder = Path(folder)
        self._timeout = timeout

    def get(self, path: str) -> Found | None:
        """Read an object."""
        with self._errors("read"):
            try:
                with (self._folder / path).open("rb") as file:
                    content, status = file.read(), os.fstat(file.fileno())
            except FileNotFoundError:
                return None
        return Found(content, _version(content, status), status.st_mtime)

    def put(self, path: str, content: bytes) -> None:
        """Write an object."""
        with self._locked(path):
            self._write(path, content)

    def create(self, path: str, content: bytes) -> Version:
        """Write an object that is not there yet."""
        with self._locked(path):
            if (self._folder / path).exists():
                raise ConflictError(path)
            return self._write(path, content)

    def replace(self, path: str, content: bytes, version: Version) -> Version:
        """Write an object that has this version."""
        with self._locked(path):
            found = self.get(path)
            if found is None or found.version != version:
                raise ConflictError(path)
            return self._write(path, content)

    def delete(self, path: str) -> None:
        """Delete an object."""
        with self._errors("changed"):
            (self._folder / path).unlink(missing_ok=True)

    def list(self, folder: str) -> Iterator[Listed]:
        """Yield the objects below a folder."""
        with self._errors("read"):
            found = [*_files(self._folder / folder)]
        for file in found:
            with self._errors("read"):
                try:
                    status = file.stat()
                except FileNotFoundError:  # deleted meanwhile
                    continue
            yield Listed(file.relative_to(self._folder).as_posix(), status.st_size, status.st_mtime)

    def _write(self, path: str, content: bytes) -> Version:
        target = self._folder / path
        write_atomically(target, content)
        return _version(content, target.stat())

    @contextmanager
    def _locked(self, path: str) -> Iterator[None]:
        try:
            import fcntl  # noqa: PLC0415  (POSIX only)
        except ImportError as error:
            raise PermanentReporterError("a folder as an object store needs a POSIX system") from error
        number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:2]) % LOCKS
        until = time.monotonic() + self._timeout
        with self._errors("written"):
            make_folder(self._folder / ".locks")
            with (self._folder / ".locks" / f"{number:02}").open("ab") as lock:
                while True:
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        if time.monotonic() > until:
                            raise TransientReporterError(
                                f"{str(self._folder)!r} is locked by another process for more than "
                                f"{self._timeout:.0f} s"
                            ) from None
                        time.sleep(_PAUSE)
                yield  # closing the file ends the lock

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise error_of_disk(error, self._folder, doing) from error


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder by path; without locks and what is being written."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path))
        else:
            yield Path(entry.path)


def _version(content: bytes, status: os.stat_result) -> Version:
    # The number of the file differs where two contents are equal: a write in between is a change.
    digest = hashlib.sha256(content).hexdigest()[:32]
    return Version(f"{digest}-{status.st_ino}-{status.st_mtime_ns}")
