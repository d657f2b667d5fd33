"""Pure: what a redacted record says of the original, and how it is known that nobody changed it since.

Whoever reads a record computes its revision. That of a redacted one is declared in it, under a key of its
own, and counts as long as a digest of the redacted record fits; so whatever stores records, stores it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from newsdesk import canonical

KEY = "newsdesk_redaction"
"""The top-level key of a record that says what was redacted."""

_DIGEST = re.compile("[0-9a-f]{64}")


class Seal(NamedTuple):
    """What a redacted record says of the original."""

    revision: str
    """Its revision."""
    model_key: str
    """Its model key."""
    paths: tuple[str, ...]
    """Where values were replaced."""


def seal_of(record: Mapping[str, Any]) -> Seal | None:
    """Return the seal of a record; None if it has none, or was changed since."""
    held = record.get(KEY)
    if not isinstance(held, dict) or held.keys() != {*Seal._fields, "digest"}:
        return None
    digests, paths = (held["revision"], held["model_key"], held["digest"]), held["paths"]
    if not all(isinstance(each, str) and _DIGEST.fullmatch(each) for each in digests):
        return None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return None
    seal = Seal(held["revision"], held["model_key"], tuple(paths))
    return seal if held == _held(record, seal) else None


def sealed(record: Mapping[str, Any], revision: str, model_key: str, paths: Iterable[str]) -> dict[str, Any]:
    """Return a redacted record with its seal."""
    seal = Seal(revision, model_key, tuple(sorted(set(paths))))
    return {**record, KEY: _held(record, seal)}


def _held(record: Mapping[str, Any], seal: Seal) -> dict[str, Any]:
    held = {**seal._asdict(), "paths": list(seal.paths)}
    digest = hashlib.sha256(canonical.dumps({**record, KEY: held})).hexdigest()
    return {**held, "digest": digest}
