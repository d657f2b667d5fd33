"""The files of the dataset; the only module that uses pyarrow and the disk."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from newsdesk import PermanentReporterError, TransientReporterError

LAYOUT = "1"
"""Version of the columns; a file of another version is rewritten."""

_SCORE = pa.struct([("score", pa.string()), ("fold", pa.string()), ("value", pa.float64())])

COLUMNS = pa.schema(
    [
        ("project_name", pa.string()),
        ("name", pa.string()),
        ("model_key", pa.string()),
        ("revision", pa.string()),
        ("builder_version", pa.string()),
        ("built_at", pa.timestamp("us", tz="UTC")),
        ("training_seconds", pa.float64()),
        ("tags", pa.list_(pa.string())),
        ("scores", pa.list_(_SCORE)),
        ("record", pa.string()),
    ]
)
"""Columns of each file; readers add `project`, the partition."""

_TRANSIENT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.EINTR, errno.ESTALE, errno.EMFILE}
"""Errors that a retry may fix."""


class Dataset:
    """A folder with one Parquet file per machine."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder).absolute()

    def put(self, path: PurePosixPath, revision: str, row: Mapping[str, Any]) -> bool:
        """Write a machine's file; return whether it changed."""
        target = self.folder / path
        metadata = {"newsdesk.layout": LAYOUT, "newsdesk.revision": revision}
        with _errors_of(target):
            if _own_metadata(target) == metadata:
                return False
            table = pa.Table.from_pylist([row], schema=COLUMNS.with_metadata(metadata))
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd")
            _replace(target, sink.getvalue())
        return True

    def has(self, path: PurePosixPath) -> bool:
        """Return whether a file exists."""
        with _errors_of(self.folder / path, "read"):
            return (self.folder / path).is_file()

    def read(self, path: PurePosixPath, *columns: str) -> dict[str, Any] | None:
        """Return some columns of a machine's file; None if it is missing, or not one of this reporter's.

        Raises:
            PermanentReporterError: It cannot be read, or is damaged.
            TransientReporterError: The disk is failing.
        """
        target = self.folder / path
        with _errors_of(target, "read"):
            try:
                with pq.ParquetFile(target) as file:
                    if b"newsdesk.layout" not in (file.schema_arrow.metadata or {}):
                        return None
                    row: dict[str, Any] = file.read([*columns]).to_pylist()[0]
            except FileNotFoundError:
                return None
            except pa.ArrowException as error:
                raise _damaged(target, error) from error
            except OSError as error:
                if error.errno is None:  # raised by pyarrow for a truncated file
                    raise _damaged(target, error) from error
                raise
        return row

    def changed(self, path: PurePosixPath) -> datetime:
        """Return when a file was written."""
        with _errors_of(self.folder / path, "read"):
            return datetime.fromtimestamp((self.folder / path).stat().st_mtime, UTC)

    def paths(self) -> Iterator[PurePosixPath]:
        """Yield the path of each file, relative to the folder; the names of one partition are in memory."""
        for partition in self._entries(self.folder, os.DirEntry.is_dir):
            for name in self._entries(self.folder / partition, os.DirEntry.is_file):
                if name.endswith(".parquet"):
                    yield PurePosixPath(partition, name)

    def _entries(self, folder: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> list[str]:
        with _errors_of(folder, "read"):
            try:
                with os.scandir(folder) as entries:
                    return sorted(entry.name for entry in entries if wanted(entry))
            except FileNotFoundError:  # nothing was reported yet
                return []

    def check(self) -> None:
        """Check that the folder, or its closest existing parent, is writable.

        Raises:
            PermanentReporterError: It is not.
        """
        there = next(folder for folder in (self.folder, *self.folder.parents) if folder.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise PermanentReporterError(
                f"{there} is not a writable folder; fix its permissions, or set 'path' to another one"
            )


def _own_metadata(target: Path) -> dict[str, str] | None:
    """Return a file's own metadata; None if it is missing or damaged."""
    try:
        metadata = pq.read_schema(target).metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    except OSError as error:
        if error.errno is not None:
            raise
        return None  # raised by pyarrow for a truncated file
    return {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(b"newsdesk.")}


def _replace(target: Path, data: pa.Buffer) -> None:
    """Write a file atomically and durably."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # With a leading dot and another suffix, so that readers of the dataset ignore it.
    temporary = target.parent / f".{target.stem}-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name != "nt":  # which cannot open a folder
        for folder in target.parents[:2]:
            _sync(folder)


def _sync(folder: Path) -> None:
    """Flush a folder's entries to the disk: fsync of the file does not include them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not supported by some network shares
            raise
    finally:
        os.close(descriptor)


def _damaged(target: Path, error: Exception) -> PermanentReporterError:
    return PermanentReporterError(f"{target} is damaged: {error}; report the machine again")


@contextmanager
def _errors_of(target: Path, doing: str = "write") -> Iterator[None]:
    """Translate the system's errors to newsdesk's."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _TRANSIENT:
            raise TransientReporterError(f"cannot {doing} {target} now: {why}") from error
        raise PermanentReporterError(
            f"cannot {doing} {target}: {why}; check the folder, or set 'path' to another one"
        ) from error
