"""Pure: a URL with references in it, each resolved by the part of the URL that it is in."""

import re
from collections.abc import Callable
from urllib.parse import quote

from newsdesk.secrets.reference import REFERENCE, WRITTEN, with_default

Lookup = Callable[[re.Match[str]], str]
"""Gives what a reference points to."""


def _run(stops: str) -> str:
    """Give the pattern of characters and whole references, up to one of `stops` or the next URL."""
    next_url = r"(?!,[A-Za-z][\w+.\-]*://)"
    return rf"(?>{WRITTEN}|{next_url}[^\s{stops}])*"


_URL = (
    rf"(?<![^\s,;=(<\"'])(?!file:)(?P<scheme>(?:{_run('/?#@')})+)://"  # that of a file has no host to protect
    rf"(?:(?P<userinfo>{_run('/?#')})@)?(?P<host>{_run('/?#@')})(?P<path>{_run('?#')})"
    rf"(?:\?(?P<query>{_run('#')}))?(?:#(?P<fragment>{_run('')}))?"
)
# A reference outside of a URL is a place as well: its default may be a list of URLs.
_PLACES = re.compile(rf"(?P<url>{_URL})|{WRITTEN}")

_ESCAPE = "%[0-9A-Fa-f]{2}"
_HOST = rf'(?:\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\]|(?:[^\x00-\x20\x7f\s/?#@:\[\]\\%,<>"^`{{|}}]|{_ESCAPE})+)'
_VALID = {
    "scheme": r"[A-Za-z][A-Za-z0-9+.:-]*",
    "userinfo": r"[^/?#\s]*",
    "host": rf"{_HOST}(?::\d{{1,5}})?(?:,{_HOST}(?::\d{{1,5}})?)*",
    "path": rf"(?:[^\x00-\x20\x7f\s?#%\\]|{_ESCAPE})*",
    "query": rf"(?:[^\x00-\x20\x7f\s#%\\]|{_ESCAPE})*",
    "fragment": rf"(?:[^\x00-\x20\x7f\s%\\]|{_ESCAPE})*",
}
"""Each part of a URL, in their order (RFC 3986, with several hosts as libpq has them)."""


def resolve_text(text: str, look_up: Lookup, refuse: Callable[[str], None]) -> str:
    """Give a text with its references replaced by what they point to.

    In the user and password of a URL, and in the value of a parameter of its query, it is percent-encoded, so
    that the backend gets it as it is, whatever its characters. Elsewhere in a URL it is refused unless it is
    valid there and leaves the other parts as they are. Outside of a URL it is not changed. So is a default.

    Args:
        text: A text.
        look_up: Gives what a reference points to.
        refuse: Gets why a URL is refused; without what a reference points to.
    """
    pieces, end = [], 0
    for place in _PLACES.finditer(text) if "://" in text else ():
        if place["url"] is not None:
            pieces += [REFERENCE.sub(look_up, text[end : place.start()]), *_pieces(place, look_up, refuse)]
            end = place.end()
    return "".join([*pieces, REFERENCE.sub(look_up, text[end:])])


def _pieces(url: re.Match[str], look_up: Lookup, refuse: Callable[[str], None]) -> list[str]:
    pieces, end = [], url.start()
    for part, valid in _VALID.items():
        written, start = url[part] or "", url.start(part)
        names = [with_default(reference, "…") for reference in REFERENCE.finditer(written)]
        if names:
            value = REFERENCE.sub(_look_up_for(part, look_up), written)
            if not re.fullmatch(valid, value):
                refuse(
                    f"{', '.join(names)}: not valid in the {part} of this URL; percent-encode it, or let one "
                    "reference be the whole URL"
                )
            pieces += [url.string[end:start], value]
            end = url.end(part)
    return [*pieces, url.string[end : url.end()]]


def _look_up_for(part: str, look_up: Lookup) -> Lookup:
    def in_part(reference: re.Match[str]) -> str:
        value = look_up(reference)
        if part == "userinfo" or (part == "query" and _is_after_equals(reference)):
            return quote(value.encode("utf-8", "surrogateescape"), safe="")
        return value

    return in_part


def _is_after_equals(reference: re.Match[str]) -> bool:
    before = REFERENCE.sub("", reference.string[: reference.start()])
    return "=" in before.rpartition("&")[2]
