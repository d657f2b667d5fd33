"""Pure: what a redacted record says of the original, and how it is known that nobody changed it since.

Whoever reads a record computes its revision. That of a redacted one is declared in it, under a key of its
own, and counts as long as a digest of the redacted record fits; so whatever stores records, stores it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from newsdesk import canonical

_DIGEST = re.compile("[0-9a-f]{64}")


class Seal(NamedTuple):
    """What a redacted record says of the original."""

    revision: str
    """Its revision."""
    model_key: str
    """Its model key."""
    paths: tuple[str, ...]
    """Where values were replaced."""


def seal(record: Mapping[str, Any], revision: str, model_key: str, paths: Iterable[str]) -> dict[str, Any]:
    """Return what a record that was redacted is to say of the original."""
    return _held(Seal(revision, model_key, tuple(sorted(set(paths)))), record)


def unsealed(held: Any, record: Mapping[str, Any]) -> Seal | None:
    """Return what a record says of the original; None if it is not that, or the record was changed since.

    Args:
        held: What it says.
        record: The rest of it.
    """
    if not isinstance(held, dict) or held.keys() != {*Seal._fields, "digest"}:
        return None
    digests, paths = (held["revision"], held["model_key"], held["digest"]), held["paths"]
    if not all(isinstance(each, str) and _DIGEST.fullmatch(each) for each in digests):
        return None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return None
    found = Seal(held["revision"], held["model_key"], tuple(paths))
    return found if held == _held(found, record) else None


def _held(found: Seal, record: Mapping[str, Any]) -> dict[str, Any]:
    held = {**found._asdict(), "paths": list(found.paths)}
    return {**held, "digest": hashlib.sha256(canonical.dumps([held, record])).hexdigest()}
