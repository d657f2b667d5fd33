"""Pure: names as SQL writes them."""

import re

# What PostgreSQL 18 does not take as a table's name without quotes: its manual, "SQL Key Words".
_RESERVED = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
only or order outer overlaps placing primary references returning right select session_user similar some
symmetric system_user table tablesample then to trailing true union unique user using variadic verbose
when where window with
"""
_WORDS = frozenset(_RESERVED.split())
_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")


def identifier(name: str) -> str:
    """Return a name as SQL has it: quoted if necessary."""
    return name if _SIMPLE.fullmatch(name) and name not in _WORDS else quoted(name)


def quoted(name: str) -> str:
    """Return a name in quotes."""
    return '"' + name.replace('"', '""') + '"'
