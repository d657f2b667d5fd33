"""An outbox by its place: a path is a file of SQLite, a URL is a bucket."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.objectstore.opening import faults, is_url
from newsdesk.outbox.bounds import Bounds

if TYPE_CHECKING:
    from newsdesk.outbox.base import BaseOutbox


def faults_of(place: str, options: Mapping[str, str] | None, at: str = "outbox") -> list[Fault]:
    """Return what is wrong with a place, without opening it."""
    if is_url(place):
        return faults(place, f"{at}.path")
    if options is not None:
        return [Fault(f"{at}.options", "are of an object store; a path has none")]
    return []


def outbox_at(
    place: str | os.PathLike[str], options: Mapping[str, str] | None = None, bounds: Bounds | None = None
) -> "BaseOutbox":
    """Give the outbox at a place; nothing is opened yet.

    Args:
        place: A path, or `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix` or
            `file:///folder`.
        options: What an object store takes beside its URL; see the reporter `objects`.
        bounds: How much it takes.

    Raises:
        DefinitionError: the URL is not one of an object store.
    """
    text = os.fspath(place)
    if wrong := faults_of(text, options):
        raise DefinitionError("the outbox cannot be used", wrong)
    if is_url(text):
        from newsdesk.outbox.objects.outbox import ObjectOutbox  # noqa: PLC0415  (only for those who have one)

        return ObjectOutbox(text, options, bounds)
    from newsdesk.outbox.outbox import Outbox  # noqa: PLC0415  (SQLite, only for those who have one)

    return Outbox(text, bounds)
