"""Masks secrets within values and texts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from newsdesk.secrets.names import names_secret, tells_place
from newsdesk.secrets.reference import REFERENCE, WRITTEN, defaults, with_default
from newsdesk.secrets.spelling import spellings

MASK = "***"
MARK = "<redacted>"
"""What `redact` puts in place of a value: a text, whatever it was, so that the layout of the record stays."""
"""What is shown in a secret's place."""

# What stands before a password within a URL; a port before a path is none.
_URL_HEAD = re.compile(rf"[A-Za-z0-9+.\-]://(?>{WRITTEN}|[^/?#\s:@])*+:(?!\d{{1,5}}[/?#])")
_VALUE = rf"(?P<value>(?>{WRITTEN}|[^&;#\s])+)"
_QUERY = re.compile(rf"(?P<head>[?&;](?P<name>[\w.\-]+)=){_VALUE}")
_SETTING = re.compile(rf"(?P<head>(?<![\w?&;])(?P<name>password|passwd|pwd)=){_VALUE}", re.IGNORECASE)
_RUN = re.compile(rf"(?>{WRITTEN}|\S)+")
_URL_NAME = re.compile(r"(?i)(.*_)?(url|uri)")
# Of newsdesk.plugins.definition, which builds on this.
_OPTIONS = frozenset({"required", "spool", "label", "redact", "when"})


def mask(value: Any) -> Any:
    """Mask each leaf of `value` except None, booleans and references; of those, the default."""
    if isinstance(value, Mapping):
        return {key: mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return _masked(value) if isinstance(value, str) else MASK


def _masked(secret: str) -> str:
    """Mask a secret; of a reference, its default."""
    if secret == MARK:  # it has no secret any more, and a record that was redacted must stay as it is
        return MARK
    reference = REFERENCE.fullmatch(secret)
    return with_default(reference, MASK) if reference else MASK


def mask_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask passwords within URLs, and each of the given secrets, wherever it appears as a value.

    So is the default of a reference to a variable whose name is that of a secret.

    It may be written as messages write it: quoted, escaped, percent-encoded, in base64. A short one is masked
    where it is a whole token: the password `postgres` does not change `newsdesk-postgres`.
    """
    text = spellings(frozenset(secrets)).masked(text, MASK)
    for start, end in reversed([*_url_passwords(text)]):
        text = f"{text[:start]}{_masked(text[start:end])}{text[end:]}"
    text = _SETTING.sub(_masked_pair, _QUERY.sub(_masked_pair, text))
    return REFERENCE.sub(lambda found: with_default(found, MASK) if _refers(found) else found[0], text)


def mask_by_name(name: str, value: Any) -> Any:
    """Mask a parameter that is not declared: by the usual names of secrets, and passwords within URLs."""
    if names_secret(name):
        return mask(value)
    if isinstance(value, Mapping):
        return {key: mask_by_name(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_by_name(name, item) for item in value]
    return mask_text(value) if isinstance(value, str) else value


def leaves(value: Any) -> set[str]:
    """Give every text that `mask` would hide in a value, and the secrets within it: it may be a URL."""
    if isinstance(value, Mapping):
        return set().union(*(leaves(item) for item in value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return set().union(*(leaves(item) for item in value))
    if mask(value) == value or value in ("", b""):
        return set()
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return _secrets_of(text) | _within(text)


def leaves_by_name(name: str, value: Any) -> set[str]:
    """Give every text that `mask_by_name` would hide in a parameter."""
    if names_secret(name):
        return leaves(value)
    if isinstance(value, Mapping):
        return set().union(*(leaves_by_name(str(key), item) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return set().union(*(leaves_by_name(name, item) for item in value))
    return _within(value) if isinstance(value, str) else set()


def _within(text: str) -> set[str]:
    """Give the secrets within a URL or a connection string, percent-encoded and decoded."""
    found = {text[start:end] for start, end in _url_passwords(text)}
    found |= {match["value"] for match in _QUERY.finditer(text) if names_secret(match["name"])}
    found |= {match[0] for match in REFERENCE.finditer(text) if _refers(match)}
    found = set[str]().union(*map(_secrets_of, found))
    return (found | {unquote(secret) for secret in found}) - {""}


def _refers(reference: re.Match[str]) -> bool:
    """Tell whether a reference is to a variable whose name is that of a secret."""
    return reference["env"] is not None and names_secret(reference["name"])


def _secrets_of(secret: str) -> set[str]:
    """Give what is secret of a secret: a reference is not, and the defaults within it are."""
    return defaults(secret) if REFERENCE.fullmatch(secret) else {secret} | defaults(secret)


def mask_reporters(definitions: Any) -> Any:
    """Mask the parameters of the reporters that a machine names for itself.

    The record is stored where those reporters' classes may not be installed, so their annotations are not
    known. So a parameter is shown only if its name is that of a location, and masked otherwise.
    """
    if isinstance(definitions, list | tuple):
        return [mask_reporters(entry) for entry in definitions]
    if isinstance(definitions, str):
        return mask_text(definitions)
    if not isinstance(definitions, Mapping):
        return definitions
    return {
        target: params
        if target in _OPTIONS
        else {str(name): _mask_unless_place(str(name), value) for name, value in params.items()}
        if isinstance(params, Mapping)
        else mask(params)
        for target, params in definitions.items()
    }


def _mask_unless_place(name: str, value: Any) -> Any:
    if isinstance(value, int | float) and not names_secret(name):
        return value
    if tells_place(name) or _URL_NAME.fullmatch(name) or name == "workspace_kwargs":
        return mask_by_name(name, value)
    return mask(value)


def _url_passwords(text: str) -> Iterator[tuple[int, int]]:
    """Give where each password within a URL begins and ends.

    It may hold any character, also one that ought to be percent-encoded, so the last `@` before a blank ends
    it. No regular expression for all of it: where there is none, that would look for it from every character.
    """
    for run in _RUN.finditer(text):
        end = text.rfind("@", *run.span())
        head = None if end < 0 else _URL_HEAD.search(text, run.start(), end)
        if head is not None:
            yield head.end(), end


def _masked_pair(match: re.Match[str]) -> str:
    return match["head"] + _masked(match["value"]) if names_secret(match["name"]) else match[0]
