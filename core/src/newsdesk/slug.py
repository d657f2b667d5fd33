"""Pure: any text as a readable name that no store confuses with that of another text."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Self

from newsdesk import canonical
from newsdesk.alteration import Alteration

LIMIT = 200
"""Characters of a slug by default: file systems allow 255 bytes, and a suffix needs some."""

LEAST = 40
"""The smallest limit: a digest, and something to read before it."""

# What every store keeps apart and leaves as it is: file systems that ignore case or normalise Unicode,
# Windows, which drops a dot at the end, and readers of datasets, which ignore a leading dot or underscore.
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9_-]))*")
# Windows refuses these names, with any suffix and in any case.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_UNREADABLE = re.compile(r"[^A-Za-z0-9_]+")
_EMPTY = "_"  # no other text becomes that: a slug begins with a letter or a digit
_DIGEST = 32
"""Characters of a digest in base32: 160 bits of SHA-256."""


class Slug(str):
    """A name for a file, an object or a key: plain text, with what was altered to get it."""

    alterations: Sequence[Alteration]
    """One for each part of the machine's key that the slug does not show as it is."""

    def __new__(cls, text: str, alterations: Sequence[Alteration] = ()) -> Self:
        """Take both."""
        self = super().__new__(cls, text)
        self.alterations = tuple(alterations)
        return self


def slug_of(text: str, field: str, limit: int = LIMIT) -> Slug:
    """Return the slug of one text; those of different texts differ.

    Args:
        text: Any text.
        field: What its alteration calls it.
        limit: The most characters.
    """
    _check(limit)
    if not text:
        return Slug(_EMPTY)
    if _is_plain(text, limit):
        return Slug(text)
    return _digested(text, text, {field: text}, limit)


def slug_of_key(project_name: str, name: str, limit: int = LIMIT) -> Slug:
    """Return the slug of a machine's key, see `MachineKey.slug`."""
    _check(limit)
    # The first dot ends the project, so that without a project there is none.
    if project_name:
        plain, is_clear = f"{project_name}.{name}", "." not in project_name
    else:
        plain, is_clear = name, "." not in name
    if is_clear and _is_plain(plain, limit):
        return Slug(plain)
    return _digested(plain, [project_name, name], {"project_name": project_name, "name": name}, limit)


def _check(limit: int) -> None:
    if limit < LEAST:
        raise ValueError(f"the limit of a slug must be at least {LEAST}, but is {limit}")


def _is_plain(text: str, limit: int) -> bool:
    fits = len(text) <= limit and _PLAIN.fullmatch(text) is not None
    return fits and not _RESERVED.fullmatch(text)


def _digested(shown: str, exact: object, fields: dict[str, str], limit: int) -> Slug:
    digest = hashlib.sha256(canonical.dumps(exact)).digest()
    ending = f"~{base64.b32encode(digest).decode().lower()[:_DIGEST]}"
    import unicodedata  # noqa: PLC0415  (1 MB, for those who make names)

    readable = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    # Without dots, so that what is before the first one is not a name that Windows refuses.
    words = _UNREADABLE.sub("-", readable).strip("-_")[: limit - len(ending)].rstrip("-_") or "machine"
    slug = f"{words}{ending}"
    altered = [field for field, text in fields.items() if text and not _is_plain(text, limit)]
    why = (
        f"has {len(shown)} characters, of which {limit} fit"
        if len(shown) > limit
        else "is not safe as a name in every store, as a-z, 0-9, '-', '_' and single dots are"
    )
    detail = f"{why}, so the name here is {slug!r}; the record has the full name"
    return Slug(slug, [Alteration(field, "renamed", detail) for field in altered or [*fields][-1:]])
