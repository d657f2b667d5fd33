"""Pure: words that must be one of a list."""

from collections.abc import Collection
from typing import Any

from newsdesk import Fault, did_you_mean


def choice_faults(
    path: str, what: str, word: Any, known: Collection[str], *, reference: bool = False
) -> list[Fault]:
    """Return what is wrong with a word; None means that none was chosen.

    Args:
        path: The parameter.
        what: What the word names.
        word: The choice.
        known: What there is.
        reference: Whether it may be a reference, which is checked when it is resolved.
    """
    if word is None or (isinstance(word, str) and (word in known or (reference and word.startswith("${")))):
        return []
    return [
        Fault(path, f"unknown {what} {word!r}{did_you_mean(str(word), known)}; there are {', '.join(known)}")
    ]
