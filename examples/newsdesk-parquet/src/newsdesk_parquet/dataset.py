"""The files of the dataset: the only file that knows pyarrow and the disk."""

import errno
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from newsdesk import PermanentReporterError, TransientReporterError

LAYOUT = "1"
"""The version of the columns; a file of another one is written anew."""

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
"""The columns of each file; readers add `project`, the partition."""

_TRANSIENT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.EINTR, errno.ESTALE, errno.EMFILE}
"""What another try may mend."""


class Dataset:
    """A folder with one Parquet file for each machine."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder).absolute()

    def put(self, path: PurePosixPath, revision: str, row: Mapping[str, Any]) -> bool:
        """Write a machine's file, and tell whether anything changed by it."""
        target = self.folder / path
        told = {"newsdesk.layout": LAYOUT, "newsdesk.revision": revision}
        with _errors_of(target):
            if _told(target) == told:
                return False
            table = pa.Table.from_pylist([row], schema=COLUMNS.with_metadata(told))
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd")
            _replace(target, sink.getvalue())
        return True

    def has(self, path: PurePosixPath) -> bool:
        """Tell whether a file is there."""
        with _errors_of(self.folder / path):
            return (self.folder / path).is_file()

    def check(self) -> None:
        """Check that the folder, or the one that it will be made in, can be written to.

        Raises:
            PermanentReporterError: it cannot.
        """
        there = next(folder for folder in (self.folder, *self.folder.parents) if folder.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise PermanentReporterError(
                f"{there} is no folder that can be written to; mend it, or give another as 'path'"
            )


def _told(target: Path) -> dict[str, str] | None:
    """Give what a file says of itself; None where there is none, or a damaged one."""
    try:
        metadata = pq.read_schema(target).metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    except OSError as error:
        if error.errno is not None:
            raise
        return None  # pyarrow's own, of a file whose end is not Parquet's
    return {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(b"newsdesk.")}


def _replace(target: Path, data: pa.Buffer) -> None:
    """Write a file whole or not at all, and onto the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # With a leading dot and another ending, so that no reader of the dataset takes it for a part of it.
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
    if os.name != "nt":  # where a folder cannot be opened
        for folder in target.parents[:2]:
            _sync(folder)


def _sync(folder: Path) -> None:
    """Flush a folder's entries to the disk: they have a buffer of their own."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a share that knows no such thing
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _errors_of(target: Path) -> Iterator[None]:
    """Tell the system's errors as newsdesk's."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _TRANSIENT:
            raise TransientReporterError(f"{target} cannot be written now: {why}") from error
        raise PermanentReporterError(
            f"{target} cannot be written: {why}; mend the folder, or give another as 'path'"
        ) from error
