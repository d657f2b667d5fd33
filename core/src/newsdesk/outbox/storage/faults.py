"""What can go wrong with an outbox, and what to do about it."""

import sqlite3

from newsdesk.exceptions import ReporterException


class OutboxError(ReporterException):
    """The outbox could not keep a record, or could not be used."""


class DamagedError(OutboxError):
    """An entry's record is not what it was when it came."""


class _MalformedError(sqlite3.DatabaseError):
    """What was read from the file cannot have been written by us."""


READABLE = (sqlite3.Error, OSError, UnicodeError, OverflowError)
"""What SQLite and the system raise. The last two come from texts and numbers of a damaged file."""

_NO_SPACE = (28, 122)  # ENOSPC, EDQUOT
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL)
# Our statements fit our schema, so these too say that the schema or the content is not ours any more.
# INTERRUPT: a statement went on for longer than any file without a circle needs.
_DAMAGE = (
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_INTERRUPT),
    *(sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG),
)


def is_full(error: BaseException) -> bool:
    """Whether an error says that the disk is full."""
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    return getattr(error, "sqlite_errorcode", None) in _FULL


def is_busy(error: BaseException) -> bool:
    """Whether an error says that another process holds the file."""
    return isinstance(error, BlockingIOError) or _code(error) in _BUSY


def is_damage(error: BaseException | None) -> bool:
    """Whether an error says that the file is damaged."""
    return isinstance(error, _MalformedError | UnicodeError | OverflowError) or _code(error) in _DAMAGE


def advice(error: BaseException) -> str:
    """Give what to do about an error."""
    if is_full(error):
        return "free space on its disk, or send what is owed with 'newsdesk outbox send'"
    if is_damage(error):
        return "the file is damaged: move it away, and recover it with '.recover' of the sqlite3 program"
    if is_busy(error):
        return "another process holds it: find out which one has it open"
    return "check that this user may write to the file and to its folder, and that the disk works"


def malformed(what: str) -> _MalformedError:
    """Give the error for what cannot have been written by us."""
    return _MalformedError(f"it holds {what}")


def _code(error: BaseException | None) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the rest are details
