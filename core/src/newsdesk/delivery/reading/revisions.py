"""Revisions as people give them: whole, or the first digits."""

import re

from newsdesk.exceptions import DefinitionError

LEAST = 7
"""Digits that a revision is given by at least; as in Git, fewer are likely to become ambiguous."""
WHOLE = 64
"""Digits of a whole revision: a SHA-256."""

_DIGITS = re.compile(rf"[0-9a-f]{{{LEAST},{WHOLE}}}")


def checked(revision: str) -> str:
    """Return a revision, or the first digits of one, in lower case.

    Raises:
        DefinitionError: It is neither.
    """
    digits = revision.lower()
    if not _DIGITS.fullmatch(digits):
        raise DefinitionError(
            f"{revision!r:.100} is not a revision; give all of its {WHOLE} hexadecimal digits, or at least "
            f"the first {LEAST}"
        )
    return digits
