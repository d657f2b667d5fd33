"""Which parameters and variables are secret, by their annotations and names."""

import os
import re
import typing
from itertools import pairwise
from typing import Annotated


class _SecretMarker:
    """Tells a parameter that is a secret, in its annotation."""

    def __repr__(self) -> str:
        return "Secret"


Secret = Annotated[str, _SecretMarker()]
"""The annotation of a secret parameter, as in `password: Secret`; a plain `str` to the type checker.

It may be nested: in `Secret | None`, or in `Mapping[str, Secret]`, where all that the parameter holds is
masked.
"""


def is_secret(annotation: object) -> bool:
    """Tell whether `Secret` is anywhere in an annotation, also in a text that does not resolve."""
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


def names_secret(name: str) -> bool:
    """Tell whether a name says that it is of a secret, by its words: `apiKey` does, `monkey` does not."""
    words = [word.lower() for word in _WORD.findall(name)]
    return (
        words == ["key"]
        or not _WORDS.isdisjoint(words)
        or not _PAIRS.isdisjoint(pairwise(words))
        or any(word.endswith(_ENDINGS) for word in words)
    )


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WORDS = frozenset(
    {
        *(
            "pass",
            "passwords",
            "passphrase",
            "pw",
            "pwd",
            "secrets",
            "token",
            "tokens",
            "credential",
            "credentials",
        ),
        *("auth", "authorization", "cookie", "cookies", "dsn", "sas", "sig", "signature", "webhook"),
    }
)
_ENDINGS = ("password", "passwd", "secret", "apikey", "authtoken", "accesstoken")
_KEYS = ("api", "access", "account", "private", "secret", "shared", "encryption", "signing")
_PAIRS = frozenset({("connection", "string"), ("service", "principal"), *((kind, "key") for kind in _KEYS)})


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
