"""Whether a store keeps the conditions of a write, seen by writing."""

import secrets
from collections.abc import Callable

from newsdesk.objectstore.store import ConflictError, ObjectStore, Version, unconditional


def expect_conditions(store: ObjectStore, url: str) -> None:
    """Write an object, and see whether the store refuses what it must.

    Raises:
        PermanentReporterError: it does not, or nothing can be written.
        TransientReporterError: it cannot be reached, or is busy.
    """
    path = f"probe/{secrets.token_hex(8)}"
    first = store.create(path, b"1")
    try:
        is_kept = _is_refused(lambda: store.create(path, b"2"))
        if is_kept:
            store.replace(path, b"3", first)
            is_kept = _is_refused(lambda: store.replace(path, b"4", first))
    finally:
        store.delete(path)
    if not is_kept:
        raise unconditional(url)


def _is_refused(write: Callable[[], Version]) -> bool:
    try:
        write()
    except ConflictError:
        return True
    return False
