"""Any Python value as plain JSON types, and as canonical JSON text.

Canonical means: RFC 8259, UTF-8, keys sorted by code point, no white space, and one form for each value, so
that equal values give equal bytes. Not-a-number and the infinities have no JSON form; they become the strings
`"NaN"`, `"Infinity"` and `"-Infinity"`, which Python's `float()` and PostgreSQL's `::float8` read back.

May import: exceptions.
"""

from newsdesk.canonical.conversion import MAX_DIGITS, MAX_FAULTS, dumps, plain
from newsdesk.canonical.text import MAX_DEPTH, loads

__all__ = ["MAX_DEPTH", "MAX_DIGITS", "MAX_FAULTS", "dumps", "loads", "plain"]
