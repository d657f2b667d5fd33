"""Pure: words that must be one of some."""

from collections.abc import Collection
from typing import Any

from newsdesk import Fault, did_you_mean


def choice_faults(path: str, what: str, word: Any, known: Collection[str]) -> list[Fault]:
    """Give what is wrong with a word; None is no choice, and a reference is checked when it is resolved.

    Args:
        path: The parameter.
        what: What the word names.
        word: The choice.
        known: What there is.
    """
    if word is None or word in known or str(word).startswith("${"):
        return []
    return [
        Fault(path, f"unknown {what} {word!r}{did_you_mean(str(word), known)}; there are {', '.join(known)}")
    ]
