"""Address: libpq's parameters of a database, parsed from a URL, and printed without credentials."""

import re
import urllib.parse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from newsdesk import DefinitionError, Fault

EXPECTED = "expected postgresql://user:password@host:port/database, with special characters percent-encoded"
_UNREADABLE = Fault("url", f"cannot be parsed; {EXPECTED}")
_SCHEME = re.compile(r"\s*(?P<scheme>[A-Za-z][A-Za-z0-9_]*)(?:\+[A-Za-z0-9_]+)?://")
_REFERENCE = re.compile(r"\$\{(?:env|file):[^}]*\}")
_USERINFO = re.compile("^[^@/]*@")  # as libpq looks for it
_LAST_PORT = 65535
_UTF8 = ("utf8", "utf-8", "unicode")


@dataclass(frozen=True, slots=True)
class Address:
    """The location of a database, and the credentials."""

    parameters: Mapping[str, str] = field(repr=False)
    """libpq's parameters, as configured; without defaults."""

    @classmethod
    def of_url(cls, url: str) -> "Address":
        """Parse a URL as libpq does: `postgres://` or `postgresql://`, with or without a driver's name.

        Raises:
            DefinitionError: the URL is invalid; it is not repeated, since it may contain a password.
        """
        parameters, faults = _read(url)
        if faults:
            raise DefinitionError("'url' cannot be used", faults)
        return cls(parameters)

    @classmethod
    def of_server(cls, host: str, port: int, user: str, password: str, database: str) -> "Address":
        """Return the address of a database on a single server."""
        parts = {"host": host, "port": str(port), "user": user, "password": password, "dbname": database}
        return cls({name: value for name, value in parts.items() if value})

    @property
    def servers(self) -> str:
        """The hosts and ports, as in a URL; empty if libpq's defaults apply."""
        hosts = (self.parameters.get("host") or self.parameters.get("hostaddr") or "").split(",")
        ports = self.parameters.get("port", "").split(",")
        if len(ports) == 1:
            ports *= len(hosts)
        return ",".join(_server(host, port) for host, port in zip(hosts, ports, strict=False))

    @property
    def shown(self) -> str:
        """The address, without credentials."""
        return f"postgresql://{self.servers}/{urllib.parse.quote(self.parameters.get('dbname', ''))}"

    def reference(self, table: str, name: str, project_name: str) -> str:
        """Return the address of one row."""
        query = urllib.parse.urlencode(
            {"project_name": project_name, "name": name}, quote_via=urllib.parse.quote
        )
        return f"{self.shown}/{urllib.parse.quote(table, safe='.')}?{query}"


def url_faults(url: str) -> tuple[Mapping[str, str], list[Fault]]:
    """Return the parameters of a URL and its faults; unresolved references are not checked."""
    if not _REFERENCE.search(url):
        return _read(url)
    if _REFERENCE.match(url.strip()):  # it may be the whole URL
        return {}, []
    parameters, faults = _read(_REFERENCE.sub("1", url))
    return parameters, [fault for fault in faults if fault != _UNREADABLE]  # it may be valid when resolved


def text_fault(name: str, value: object) -> Fault | None:
    """Return why a text cannot be sent to PostgreSQL; without the text."""
    text = str(value)
    if "\0" in text:
        return Fault(name, "must not contain a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Fault(name, "must be valid Unicode, without surrogates")
    return None


def _read(url: str) -> tuple[Mapping[str, str], list[Fault]]:
    """Return the parameters of a URL, none if it cannot be parsed, and its faults."""
    fault = text_fault("url", url)
    if fault:
        return {}, [fault]
    head = _SCHEME.match(url)
    if head is None:
        return {}, [Fault("url", f"does not begin with a scheme; {EXPECTED}")]
    if head["scheme"].lower() not in ("postgres", "postgresql"):
        return {}, [Fault("url", f"begins with {head['scheme']!r}, which is not PostgreSQL; {EXPECTED}")]
    rest = url[head.end() :].strip()
    found = _parsed(rest)
    return ({}, [found]) if isinstance(found, Fault) else (found, _query_faults(rest, found))


def _parsed(rest: str) -> Mapping[str, str] | Fault:
    """Parse what follows the scheme; a fault never repeats it, since it may contain a password."""
    from psycopg2 import ProgrammingError  # noqa: PLC0415  (only a URL needs it before the reporter opens)
    from psycopg2.extensions import parse_dsn  # noqa: PLC0415

    place, _, query = _USERINFO.sub("", rest).partition("?")
    if "@" in place:  # the rest of a password, which would become host and database
        return _UNREADABLE
    try:
        parameters: dict[str, str] = parse_dsn(f"postgresql://{rest}")
    except ProgrammingError as error:
        # The error's text may contain a part of the password; only a parameter's name is taken from it.
        name = re.search(r'invalid URI query parameter: "([a-z_]+)"', str(error))
        if name is None or "@" in query:
            return _UNREADABLE
        return Fault("url", f"has the parameter {name[1]!r}, which libpq does not know: correct it")
    ports = [port for port in parameters.get("port", "").split(",") if port]
    if all(port.isascii() and port.isdigit() and 0 < int(port) <= _LAST_PORT for port in ports):
        return parameters
    return _UNREADABLE


def _query_faults(rest: str, parameters: Mapping[str, str]) -> list[Fault]:
    query = _USERINFO.sub("", rest).partition("?")[2]
    keys = Counter(key for key, _ in urllib.parse.parse_qsl(query, keep_blank_values=True))
    faults = [
        Fault("url", f"has {key!r} {count} times; set it once{_SEVERAL.get(key, '')}")
        for key, count in keys.items()
        if count > 1
    ]
    if parameters.get("client_encoding", "utf8").lower() not in _UTF8:
        faults.append(Fault("url", "sets 'client_encoding'; remove it, since records are sent as UTF-8"))
    return faults


_SEVERAL = dict.fromkeys(
    ("host", "port", "hostaddr"), ": several servers are written host1:port1,host2:port2"
)


def _server(host: str, port: str) -> str:
    name = f"[{host}]" if ":" in host else urllib.parse.quote(host, safe="")
    return f"{name}:{port}" if port else name
