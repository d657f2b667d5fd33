"""Pure: what is secret, and how it is masked."""

import contextlib
import json
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

MASK = "***"
"""What stands in a secret's place."""


class _SecretMarker:
    """Tells a parameter that is a secret, in its annotation."""

    def __repr__(self) -> str:
        return "Secret"


Secret = Annotated[str, _SecretMarker()]
"""The annotation of a secret parameter, as in `password: Secret`; a plain `str` to the type checker.

It may stand deeper as well: in `Secret | None`, or in `Mapping[str, Secret]`, where all that the parameter
holds is masked.
"""

# What stands before a password within a URL; a port before a path is none.
_URL_HEAD = re.compile(r"[A-Za-z0-9+.\-]://[^/?#\s:@]*:(?!\d{1,5}[/?#])")
_QUERY_SECRET = re.compile(
    r"(?i)(?P<head>[?&;](?:password|passwd|pwd|secret|token|access_token|api_?key|sig|signature)=)"
    r"(?P<password>[^&;#\s]+)"
)
_SECRET_NAME = re.compile(
    r"(?i)pass(word|wd|phrase)?$|passw|pwd|secret|token|credential|api_?key|access_?key|private_?key|account_?key|"
    r"connection_?string|webhook|(^|_)auth|dsn$|cookie|service_principal|sas"
)
_REFERENCE = re.compile(r"\$\{(?:env|file):[^}]*\}")


def is_secret(annotation: object) -> bool:
    """Tell whether `Secret` stands anywhere in an annotation, also in a text that does not resolve."""
    if isinstance(annotation, str | typing.ForwardRef):
        return re.search(r"\bSecret\b", str(annotation)) is not None
    # What `type Password = Secret` and `NewType("Password", Secret)` stand for.
    for attribute in ("__value__", "__supertype__"):
        if hasattr(annotation, attribute):
            return is_secret(getattr(annotation, attribute))
    if typing.get_origin(annotation) is Annotated:
        inner, *marks = typing.get_args(annotation)
        return any(isinstance(mark, _SecretMarker) for mark in marks) or is_secret(inner)
    return typing.get_origin(annotation) is not typing.Literal and any(
        is_secret(argument) for argument in typing.get_args(annotation)
    )


def mask(value: Any) -> Any:
    """Mask each leaf of `value` but `None`, truth values, and references, which tell no secret."""
    if isinstance(value, Mapping):
        return {key: mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item) for item in value]
    if value is None or isinstance(value, bool) or (isinstance(value, str) and _REFERENCE.fullmatch(value)):
        return value
    return MASK


def mask_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask passwords within URLs, and each of the given secrets, wherever they stand in a text."""
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = _occurrences(form).sub(MASK, text)
    for start, end in reversed([*_url_passwords(text)]):
        if not _REFERENCE.fullmatch(text, start, end):
            text = f"{text[:start]}{MASK}{text[end:]}"
    return _QUERY_SECRET.sub(_mask_unless_reference, text)


def mask_error(error: BaseException, secrets: Iterable[str]) -> None:
    """Mask secrets in an error, in place: in what it says, its attributes, its causes and its members."""
    texts = frozenset(secrets)
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        current.args = tuple(_mask_strings(argument, texts) for argument in current.args)
        for name, value in vars(current).items():
            current.__dict__[name] = _mask_strings(value, texts)
        for name in _BUILTIN_TEXTS:
            if isinstance(value := getattr(current, name, None), str | bytes):
                with contextlib.suppress(AttributeError, TypeError):  # some may only be read
                    setattr(current, name, _mask_strings(value, texts))
        todo += [current.__cause__, current.__context__, *getattr(current, "exceptions", ())]
        todo += [argument for argument in current.args if isinstance(argument, BaseException)]


def mask_by_name(name: str, value: Any) -> Any:
    """Mask a parameter that nobody declared: by the usual names of secrets, and passwords within URLs."""
    if _SECRET_NAME.search(name):
        return mask(value)
    if isinstance(value, Mapping):
        return {key: mask_by_name(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_by_name(name, item) for item in value]
    return mask_text(value) if isinstance(value, str) else value


def leaves(value: Any) -> set[str]:
    """Give every text that `mask` would hide in a value."""
    if isinstance(value, Mapping):
        return set().union(*(leaves(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(leaves(item) for item in value))
    return set() if mask(value) == value or value == "" else {str(value)}


def leaves_by_name(name: str, value: Any) -> set[str]:
    """Give every text that `mask_by_name` would hide in a parameter."""
    if _SECRET_NAME.search(name):
        return leaves(value)
    if isinstance(value, Mapping):
        return set().union(*(leaves_by_name(str(key), item) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return set().union(*(leaves_by_name(name, item) for item in value))
    if not isinstance(value, str):
        return set()
    found = {value[start:end] for start, end in _url_passwords(value)}
    found |= {match["password"] for match in _QUERY_SECRET.finditer(value)}
    return {text for text in found if not _REFERENCE.fullmatch(text)} - {""}


def mask_reporters(definitions: Any) -> Any:
    """Mask the parameters of the reporters that a machine names for itself.

    The record goes to places where those reporters' classes are not installed, so that their annotations
    cannot be asked, and it stays there. So a parameter is shown only when its name says that it tells a
    place, and is masked otherwise.
    """
    if isinstance(definitions, list | tuple):
        return [mask_reporters(entry) for entry in definitions]
    if isinstance(definitions, str):
        return mask_text(definitions)
    if not isinstance(definitions, Mapping):
        return definitions
    return {
        target: {str(name): _mask_unless_place(str(name), value) for name, value in params.items()}
        if isinstance(params, Mapping)
        else (params if target in _OPTIONS else mask(params))
        for target, params in definitions.items()
    }


def tells_place(name: str) -> bool:
    """Tell whether a parameter's name says that it tells where or what something is: no secret."""
    return _PLACE_NAME.fullmatch(name) is not None


_OPTIONS = frozenset(
    {"required", "spool", "label"}
)  # those of newsdesk.plugins.definition, which builds on this module

_PLACE_NAME = re.compile(
    r"(?i)(host|hostname|port|user|username|database|db|schema|table|path|folder|embedded|experiment|run_name|sslmode|"
    r"project|region|bucket|label|stream|model_builder_class|subscription_id|resource_group|workspace_name)"
)
_URL_NAME = re.compile(r"(?i)(.*_)?(url|uri)")
_BUILTIN_TEXTS = ("strerror", "filename", "filename2", "reason", "object", "msg", "text", "name", "path")
"""Where Python's own errors (OSError, UnicodeError, ImportError, …) keep text beside `args`."""
_SHORT = 12
"""Characters below which a secret is masked only where it stands as a word: `postgres` is a common one."""


def _mask_unless_place(name: str, value: Any) -> Any:
    if isinstance(value, int | float) and not _SECRET_NAME.search(name):
        return value
    if tells_place(name) or _URL_NAME.fullmatch(name) or name == "workspace_kwargs":
        return mask_by_name(name, value)
    return mask(value)


def _url_passwords(text: str) -> Iterator[tuple[int, int]]:
    """Give where each password within a URL begins and ends.

    It may hold any character, also one that ought to be percent-encoded, so the last `@` before a blank ends
    it. No regular expression for all of it: where there is none, that would look for it from every character.
    """
    for run in re.finditer(r"\S+", text):
        end = text.rfind("@", *run.span())
        head = None if end < 0 else _URL_HEAD.search(text, run.start(), end)
        if head is not None:
            yield head.end(), end


def _mask_unless_reference(match: re.Match[str]) -> str:
    kept = _REFERENCE.fullmatch(match["password"])
    return match["head"] + (match["password"] if kept else MASK)


def _mask_strings(value: Any, secrets: frozenset[str]) -> Any:
    if type(value) is str:
        return mask_text(value, secrets)
    if type(value) is bytes:
        return mask_text(value.decode("utf-8", "backslashreplace"), secrets).encode()
    if isinstance(value, dict):
        return {key: _mask_strings(item, secrets) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_mask_strings(item, secrets) for item in value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_mask_strings(item, secrets) for item in value))
    return value


def _forms(secret: str) -> set[str]:
    """Give a secret as messages write it: as it is, within quotes of Python or of JSON, and within a URL."""
    from urllib.parse import quote, quote_plus  # noqa: PLC0415  (only where there is a secret)

    both = repr(f"'\"{secret}")  # as Python quotes a text that has quotes of either kind around it
    return {
        secret,
        repr(secret)[1:-1],
        both[len("'\\'\"") : -1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
    }


def _occurrences(secret: str) -> re.Pattern[str]:
    escaped = re.escape(secret)
    return re.compile(rf"(?<![A-Za-z0-9]){escaped}(?![A-Za-z0-9])" if len(secret) < _SHORT else escaped)
