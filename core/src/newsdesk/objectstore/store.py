"""What an object store can do: the few operations that newsdesk needs, all of them atomic."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from newsdesk.exceptions import PermanentReporterError


class ConflictError(Exception):
    """An object was created or changed by another writer, so that this write did not take place."""


def unconditional(url: str) -> PermanentReporterError:
    """Give the error of a store that has no conditional writes."""
    return PermanentReporterError(
        f"{url} has no conditional writes: two writers could create one object; use a store that has them"
    )


@dataclass(frozen=True, slots=True)
class Version:
    """Which content of an object: opaque, and given back to `ObjectStore.replace`."""

    e_tag: str | None
    """The store's tag of the content."""
    id: str | None = None
    """The store's own number of the version, where it has one."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that was read."""

    content: bytes
    """All of it."""
    version: Version
    """Which content that is."""
    modified: float
    """When it was written, by the clock of the store, as seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a listing."""

    path: str
    """Its path, below the store's prefix."""
    size: int
    """Bytes."""
    modified: float
    """When it was written, by the clock of the store, as seconds since 1970."""


class ObjectStore(Protocol):
    """Objects below one prefix: a write is there for all readers when the call returns.

    Paths are relative, of plain segments. Every method raises a `TransientReporterError` when the store
    cannot be reached or is busy, a `PermanentReporterError` when it refuses the request, and neither
    retries nor waits longer than its timeout.
    """

    def get(self, path: str) -> Found | None:
        """Read an object; None if there is none."""

    def put(self, path: str, content: bytes) -> None:
        """Write an object, in place of what is there."""

    def create(self, path: str, content: bytes) -> Version:
        """Write an object that is not there yet.

        Raises:
            ConflictError: It is there.
        """

    def replace(self, path: str, content: bytes, version: Version) -> Version:
        """Write an object that has this version.

        Raises:
            ConflictError: It has another, or is not there.
        """

    def delete(self, path: str) -> None:
        """Delete an object; one that is not there is none the less."""

    def list(self, folder: str) -> Iterator[Listed]:
        """Yield the objects below a folder, by path; a page is in memory at a time."""
