"""Values and names, written so that no terminal, no browser and no parser takes them for anything else."""

import math
import re
from typing import Any

from newsdesk import canonical
from newsdesk.builtin import display
from newsdesk.comparison.score_changes import Delta

LONGEST = 80
"""Characters of a value that are shown."""
LONGEST_NAME = 300
"""Characters of a name or a path that are shown: a path leads through many keys."""
_PLAIN = re.compile(r"[^`|\\\s]([^`|\\\n]*[^`|\\\s])?")


def printable(text: str) -> str:
    """Escape what is not printable: control characters, line breaks, writing directions, lone surrogates."""
    return display.shown(text, "utf-8")


def name(text: str) -> str:
    """Write a name or a path in one line, shortened."""
    return printable(text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…")


def value(shown: Any) -> str:
    """Write a value of a record in one line: as JSON, shortened."""
    text = canonical.dumps(shown).decode()
    return printable(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def number(shown: float | None) -> str:
    """Write a score: six digits; `-` where there is none."""
    if shown is None:
        return "-"
    if not math.isfinite(shown):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(shown)]
    return f"{shown:.6g}"


def difference(delta: Delta) -> str:
    """Write by how much a score grew, with its sign."""
    grown = delta.difference
    return number(grown) if grown is None or not math.isfinite(grown) else f"{grown:+.6g}"


def code(text: str) -> str:
    """Write a text in Markdown, within a table as well, as literal text in the font of code."""
    text = name(text)
    if _PLAIN.fullmatch(text):
        return f"`{text}`"
    # In a code span neither a backtick nor, within a table, a pipe can be escaped in every dialect.
    escaped = "".join(c if c.isalnum() or not c.isascii() else f"&#{ord(c)};" for c in text)
    return f"<code>{escaped}</code>"


def table(headings: list[str], rows: list[list[str]], *, numbers: int = 0) -> list[str]:
    """Write a table in Markdown.

    Args:
        headings: The headings; the first ones are of texts.
        rows: The cells, already written in Markdown.
        numbers: How many of the last columns but one are numbers, which are aligned to the right.
    """
    texts = len(headings) - numbers - 1
    rules = ["---:" if texts <= index < texts + numbers else "---" for index in range(len(headings))]
    return [f"| {' | '.join(cells)} |" for cells in (headings, rules, *rows)]


def more(left_out: int, what: str) -> list[str]:
    """Say how many lines are left out, if any."""
    return [f"… and {left_out} more {what}; --json has all"] if left_out > 0 else []
