"""Errors of the operating system as errors of a delivery."""

import errno
from pathlib import Path

from newsdesk.exceptions import DeliveryError, PermanentReporterError, TransientReporterError

_PERMANENT = frozenset(
    getattr(errno, name)
    for name in ("EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "EEXIST", "ENAMETOOLONG", "ELOOP")
)
"""Errors of the system that a retry does not fix."""


def error_of_disk(
    error: OSError, target: Path, doing: str, *, remedy: str = "fix the folder"
) -> DeliveryError:
    """Return the error of a file or folder that cannot be used.

    Args:
        error: What the system said.
        target: The file or folder.
        doing: What it cannot be: `written`, `read`.
        remedy: What to do where a retry does not help.
    """
    if error.errno in _PERMANENT:
        return PermanentReporterError(f"{str(target)!r} cannot be {doing}: {error.strerror}; {remedy}")
    return TransientReporterError(f"{str(target)!r} cannot be {doing} now: {error.strerror}")
