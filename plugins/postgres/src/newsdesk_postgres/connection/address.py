"""The address of a database: read from a URL, and shown without its password."""

import re
import urllib.parse
from typing import TYPE_CHECKING

from newsdesk import DefinitionError

if TYPE_CHECKING:
    from sqlalchemy import URL

DRIVER = "postgresql+psycopg2"
"""Always named: to SQLAlchemy 2.1 a bare `postgresql://` means psycopg 3."""

_SCHEME = re.compile(r"\s*(?P<scheme>[A-Za-z][A-Za-z0-9_]*)(?:\+[A-Za-z0-9_]+)?://")


def normalised(url: str) -> "URL":
    """Read a URL: `postgres://` or `postgresql://`, with another driver or with none.

    Raises:
        DefinitionError: it is not the URL of a PostgreSQL; without the URL, which may hold a password.
    """
    from sqlalchemy import make_url  # noqa: PLC0415  (takes a second)
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    expected = "expected postgresql://user:password@host:port/database"
    head = _SCHEME.match(url)
    if head is None:
        raise DefinitionError(f"'url' does not begin with a scheme; {expected}")
    if head["scheme"].lower() not in ("postgres", "postgresql"):
        raise DefinitionError(f"'url' begins with {head['scheme']!r}, which is not PostgreSQL; {expected}")
    unreadable = DefinitionError(f"'url' cannot be read; {expected}, with special characters percent-encoded")
    try:
        read = make_url(f"{DRIVER}://{url[head.end() :].strip()}")
    except (ArgumentError, ValueError):
        # Without the cause: its message repeats the URL, or what is where the port should be.
        raise unreadable from None
    if "@" in (read.host or ""):  # the end of a password, which every connection error would show
        raise unreadable
    if (
        read.database and make_url("postgresql:///%20").database == "%20"
    ):  # SQLAlchemy before 2.1 does not decode it
        read = read.set(database=urllib.parse.unquote(read.database))
    return read


def shown(url: "URL") -> str:
    """Give the address without user and password."""
    host = url.host or str(url.query.get("host", ""))
    port = f":{url.port}" if url.port else ""
    return (
        f"postgresql://{urllib.parse.quote(host, safe=':[]')}{port}/{urllib.parse.quote(url.database or '')}"
    )


def reference(url: "URL", table: str, name: str, project_name: str) -> str:
    """Give the address of one row."""
    query = urllib.parse.urlencode({"project_name": project_name, "name": name}, quote_via=urllib.parse.quote)
    return f"{shown(url)}/{urllib.parse.quote(table, safe='.')}?{query}"
