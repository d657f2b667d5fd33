"""What a message suggests: the nearest name, and lists of names."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Give ` (did you mean 'x'?)` when one of the words is close to a misspelled one, else nothing.

    For the middle of a message, after the word: `unknown limit 'metric' (did you mean 'metrics'?)`.
    """
    close = difflib.get_close_matches(word.lower(), [*words], n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


def listed(words: Iterable[str]) -> str:
    """Give words as a list to read: `a, b, c`, or `none`."""
    return ", ".join(words) or "none"
