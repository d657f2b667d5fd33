"""Which parameters and variables are secret, by their annotations and names."""

import os
import re
import typing
from collections.abc import Sequence
from typing import Annotated


class _Mark:
    """What the author of a reporter says of a parameter, in its annotation."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


_SECRET, _PUBLIC = _Mark("Secret"), _Mark("Public")

Secret = Annotated[str, _SECRET]
"""The annotation of a secret parameter, as in `password: Secret`; a plain `str` to the type checker.

It may be nested: in `Secret | None`, or in `Mapping[str, Secret]`, where all that the parameter holds is
masked.
"""

Public = Annotated[str, _PUBLIC]
"""The annotation of a parameter that is not a secret, whatever its name, as in `csrf_token: Public`.

It is never masked. It may be nested like `Secret`.
"""


def is_secret(annotation: object) -> bool:
    """Tell whether `Secret` is anywhere in an annotation, also in a text that does not resolve."""
    return _has_mark(annotation, _SECRET)


def is_public(annotation: object) -> bool:
    """Tell whether `Public` is anywhere in an annotation, and `Secret` is not."""
    return _has_mark(annotation, _PUBLIC) and not is_secret(annotation)


def _has_mark(annotation: object, mark: _Mark) -> bool:
    if isinstance(annotation, str | typing.ForwardRef):
        return re.search(rf"\b{mark!r}\b", str(annotation)) is not None
    # What `type Password = Secret` and `NewType("Password", Secret)` stand for.
    for attribute in ("__value__", "__supertype__"):
        if hasattr(annotation, attribute):
            return _has_mark(getattr(annotation, attribute), mark)
    if typing.get_origin(annotation) is Annotated:
        inner, *marks = typing.get_args(annotation)
        return any(other is mark for other in marks) or _has_mark(inner, mark)
    return typing.get_origin(annotation) is not typing.Literal and any(
        _has_mark(argument, mark) for argument in typing.get_args(annotation)
    )


def names_secret(name: str) -> bool:
    """Tell whether a name is that of a secret, by its last word: `auth_token` is one, `token_url` is not."""
    words = [word.lower() for word in _WORD.findall(name)]
    if words == ["key"]:
        return True
    while words and not _ends_with_secret(words):
        if words.pop() not in _CARRIERS:
            return False
    return bool(words)


def _ends_with_secret(words: Sequence[str]) -> bool:
    return words[-1] in _WORDS or words[-1].endswith(_ENDINGS) or tuple(words[-2:]) in _PAIRS


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WORDS = frozenset(
    (
        *("pass", "passwords", "passphrase", "pw", "pwd", "secrets", "token", "tokens", "credential"),
        *("credentials", "auth", "authorization", "cookie", "cookies", "dsn", "sas", "sig", "signature"),
        *("webhook", "bearer", "jwt"),
    )
)
_KEYS = (
    *("api", "access", "account", "private", "secret", "shared", "encryption", "signing"),
    *("sas", "master", "customer"),  # of Azure, and of the encryption of S3
)
_ENDINGS = ("password", "passwd", "secret", "authtoken", "accesstoken", *(f"{kind}key" for kind in _KEYS))
_PAIRS = frozenset(
    {
        ("pass", "word"),
        ("connection", "string"),
        ("webhook", "url"),
        ("webhook", "uri"),
        *((kind, "key") for kind in _KEYS),
    }
)
_CARRIERS = frozenset({"value", "values", "text", "string", "json", "bytes", "hash", "header", "pem", "base"})
"""Words after that of a secret that leave it one: `token_value`, `secret_key_base`."""


def tells_place(name: str) -> bool:
    """Tell whether a parameter's name is that of a location or an identifier, and so not of a secret."""
    return _PLACE.fullmatch(name) is not None


_PLACE = re.compile(
    r"(?i)(host|hostname|port|user|username|database|db|schema|table|path|folder|embedded|experiment|run_name|sslmode|"
    r"project|region|bucket|label|stream|model_builder_class|subscription_id|resource_group|workspace_name)"
)


def of_environment() -> set[str]:
    """Give the secrets that the libraries of backends read from environment variables by themselves."""
    return {value for name in _VARIABLES if (value := os.environ.get(name))}


_VARIABLES = (
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_PASSWORD",
    "PGPASSWORD",
    "AZURE_CLIENT_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
