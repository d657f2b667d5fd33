"""Pure: keys that every MLflow server takes, one for each name, whatever the name holds."""

import hashlib
import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

from newsdesk_mlflow.limits import KeyRules

# What `mlflow/utils/validation.py` takes: letters of any script; 2.14 has no colon yet.
_ILLEGAL = re.compile(r"[^/\w.\- :]")
_ILLEGAL_OR_COLON = re.compile(r"[^/\w.\- ]")
_HASH_LENGTH = 8


class Name(NamedTuple):
    """A name that needs a key; equal names of different origin get different keys."""

    text: str
    origin: str = ""


def legal_key(name: str, rules: KeyRules) -> str:
    """Give the legal form of a name, the same at each call; a legal name is its own.

    Illegal characters become their hexadecimal code between underscores, so that `f1(a)` is `f1_28_a_29_`. A
    name that is too long ends in a hash of the whole instead.
    """
    illegal = _ILLEGAL if rules.colon else _ILLEGAL_OR_COLON
    key = illegal.sub(_code, name) or "_empty_"
    # The server takes keys for paths, and refuses a//b, /a, a/, a/../b, ../a and all that begins like that.
    if posixpath.normpath(key) != key or key.startswith(("/", "..")) or key == ".":
        key = re.sub(r"^\.+|/", _codes, key)
    return key if len(key) <= rules.length else _with_hash(key, name, rules.length)


def assign_keys(names: Iterable[Name], rules: KeyRules) -> dict[Name, str]:
    """Give each name its own legal key.

    A legal name keeps itself, whatever the order, unless one of another origin before it has it already.
    """
    # A metric has as many points as there were epochs, and one name.
    wanted = {name: legal_key(name.text, rules) for name in dict.fromkeys(names)}
    taken: dict[str, Name] = {}
    for name, key in wanted.items():
        if key == name.text:
            taken.setdefault(key, name)
    result = {}
    for name, key in wanted.items():
        free = key if taken.setdefault(key, name) == name else _free(key, name, rules, taken)
        taken[free] = name
        result[name] = free
    return result


def _free(key: str, name: Name, rules: KeyRules, taken: dict[str, Name]) -> str:
    attempt = 0
    while True:
        candidate = _with_hash(key, f"{name.origin}\0{name.text}\0{attempt or ''}", rules.length)
        if candidate not in taken:
            return candidate
        attempt += 1


def _with_hash(key: str, seed: str, length: int) -> str:
    digest = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{key[: length - _HASH_LENGTH - 1]}-{digest}"


def _code(match: re.Match[str]) -> str:
    return f"_{ord(match[0]):x}_"


def _codes(match: re.Match[str]) -> str:
    return "".join(f"_{ord(character):x}_" for character in match[0])
