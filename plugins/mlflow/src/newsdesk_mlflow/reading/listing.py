"""Lists the machines that a server holds."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from newsdesk import StoredMachine

from newsdesk_mlflow.mapping.naming.places import Places
from newsdesk_mlflow.mapping.summary import read_summary
from newsdesk_mlflow.mapping.tags import MODEL_KEY, REVISION
from newsdesk_mlflow.reading.search import Found, search
from newsdesk_mlflow.transport.tracking import Tracking

_DIGEST_BYTES = 16
_NEVER = datetime.min.replace(tzinfo=UTC)


def stored_machines(tracking: Tracking, places: Places, *, all_revisions: bool) -> Iterator[StoredMachine]:
    """Yield the machines that have a finished run in one of a reporter's experiments, newest first.

    The newest revision is the one that was reported last, as in a backend where the last write wins. A
    revision that several runs have is listed once.

    In memory are one page of runs, and a digest for each machine, or revision, of the experiments that are
    searched together. Only where the runs of a machine may be in several experiments, all are: no search
    gives those in order.

    Args:
        tracking: The server.
        places: The reporter's experiments.
        all_revisions: Whether all revisions of a machine are wanted, and not only the newest.
    """
    parts: Iterator[Iterator[StoredMachine]] = (
        (_described(tracking, each) for each in part) for part in search(tracking, places)
    )
    if places.other_fields:
        parts = iter([_last_first(itertools.chain.from_iterable(parts))])
    for part in parts:
        yield from _distinct(part, all_revisions=all_revisions)


def _described(tracking: Tracking, found: Found) -> StoredMachine:
    summary = read_summary(found.run.tags)
    return StoredMachine(
        key=found.key,
        revision=found.run.tags[REVISION],
        model_key=found.run.tags.get(MODEL_KEY),
        time=_time(found.run.timestamp),
        reference=tracking.reference(found.run),
        scores=summary.scores,
        created=summary.created,
    )


def _time(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):  # not one of ours
        return None


def _last_first(found: Iterable[StoredMachine]) -> Iterator[StoredMachine]:
    yield from sorted(found, key=lambda stored: stored.time or _NEVER, reverse=True)


def _distinct(found: Iterable[StoredMachine], *, all_revisions: bool) -> Iterator[StoredMachine]:
    seen = set()
    for stored in found:
        identity = repr((stored.key, stored.revision if all_revisions else None)).encode()
        digest = hashlib.blake2b(identity, digest_size=_DIGEST_BYTES).digest()
        if digest not in seen:
            seen.add(digest)
            yield stored
