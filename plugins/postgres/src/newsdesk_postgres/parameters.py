"""Pure: validate the parameters of a reporter, and report all faults at once."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from newsdesk import Fault

from newsdesk_postgres.connection.address import text_fault, url_faults
from newsdesk_postgres.connection.settings import CONNECT_TIMEOUT, STATEMENT_TIMEOUT

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
"""The values of libpq's `sslmode`."""

_PLACES = ("host", "url", "embedded")
_BESIDE_HOST = {"port": 5432, "user": "postgres", "password": "postgres", "database": "postgres"}
_BESIDE_URL = {
    "sslmode": None,
    "connect_timeout": CONNECT_TIMEOUT,
    "statement_timeout": STATEMENT_TIMEOUT,
}
_IDENTIFIER_BYTES = 63  # PostgreSQL silently truncates longer names: its manual, "Identifiers and Key Words"


def parameter_faults(parameters: Mapping[str, Any]) -> list[Fault]:
    """Return every fault in a reporter's parameters; references may be unresolved."""
    return [
        *_place_faults(parameters),
        *_text_faults(parameters),
        *_url_faults(parameters),
        *_name_faults(parameters),
        *_mode_faults(parameters),
    ]


def _place_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    places = [place for place in _PLACES if parameters[place] is not None]
    if len(places) != 1:
        found = " and ".join(map(repr, places)) or "none of them"
        yield Fault("", f"give one of 'host', 'url' and 'embedded', not {found}")
    if places and "host" not in places:
        for name, default in _BESIDE_HOST.items():
            if parameters[name] != default:
                yield Fault(name, f"belongs to 'host': leave it out, since {places[0]!r} includes it")


def _text_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    for name in ("host", "user", "password", "database"):
        if fault := text_fault(name, parameters[name]):
            yield fault


def _url_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    if parameters["url"] is None:
        return
    said, faults = url_faults(parameters["url"])
    yield from faults
    for name, default in _BESIDE_URL.items():
        if parameters[name] != default and (name in said or f"{name}=" in said.get("options", "")):
            yield Fault(name, "is also in 'url': set it once")


def _name_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    for name in ("table", "schema"):
        value = parameters[name]
        if value is None and name == "schema":
            continue
        size = len(str(value).encode("utf-8", "surrogatepass"))
        if not 1 <= size <= _IDENTIFIER_BYTES or "\0" in value:
            limits = f"1 to {_IDENTIFIER_BYTES} bytes without a NUL"
            yield Fault(name, f"must have {limits}, as PostgreSQL's names do, but is {value!r}")


def _mode_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    mode, modes = parameters["sslmode"], get_args(SslMode)
    if mode is None:
        return
    if parameters["embedded"] is not None:
        yield Fault(
            "sslmode", "leave it out beside 'embedded': a private server is only reachable from this host"
        )
    if mode not in modes and "${" not in mode:
        yield Fault("sslmode", f"must be one of {', '.join(modes)}, but is {mode!r}")
