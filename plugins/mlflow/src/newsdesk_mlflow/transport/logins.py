"""The login that MLflow's client sends to a tracking server: malformed, refused, and out of sight."""

import base64
import contextlib
import importlib
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.refusal import Refusal
from newsdesk_mlflow.transport.uri import without_credentials

USERNAME, PASSWORD, TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
_FILE = "~/.mlflow/credentials"
_SECRET_HEADERS = re.compile(r"(?i)authorization|cookie|token|api-?key|secret")
_MASK = "***"


class Login(NamedTuple):
    """A login of a server; each is empty if there is none."""

    username: str
    password: str
    token: str

    @property
    def authorization(self) -> str:
        """The header Authorization; empty without a login."""
        if self.username and self.password:
            return f"Basic {_base64(f'{self.username}:{self.password}')}"
        return f"Bearer {self.token}" if self.token else ""

    @property
    def secrets(self) -> set[str]:
        """The texts that must not be shown."""
        pair = f"{self.username}:{self.password}" if self.password else ""
        return {self.password, self.token, _base64(pair)} - {""}


def environment_secrets() -> frozenset[str]:
    """Give what the environment holds of a login that must not be shown, in the forms that it is sent in."""
    password, token = os.environ.get(PASSWORD, ""), os.environ.get(TOKEN, "")
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    in_uri = uri.rpartition("@")[0].partition("://")[2]
    texts = {password, token, in_uri.partition(":")[2]}
    texts |= {text.strip() for text in texts}
    pair = f"{os.environ.get(USERNAME, '')}:{password}" if password else ""
    texts |= {_base64(text) for text in (pair, in_uri) if ":" in text}
    return frozenset(texts - {""})


def check_login() -> None:
    """Look for white space around the login in the environment: a file often ends with a line break.

    Raises:
        MlflowLoggingError: there is some; the message does not show the value.
    """
    names = (USERNAME, PASSWORD) if os.environ.get(USERNAME) and os.environ.get(PASSWORD) else (TOKEN,)
    for name in names:
        if (value := os.environ.get(name, "")) != value.strip():
            raise MlflowLoggingError(f"{name} begins or ends with a line break or a space; remove it")


def read_login() -> Login:
    """Read the login that MLflow's client sends to a server; the environment goes before its file.

    Raises:
        MlflowLoggingError: its file is not valid.
    """
    stored = _stored_login()
    return Login(
        os.environ.get(USERNAME) or stored.get(USERNAME.lower(), ""),
        os.environ.get(PASSWORD) or stored.get(PASSWORD.lower(), ""),
        os.environ.get(TOKEN, ""),
    )


def _stored_login() -> Mapping[str, str]:
    file = os.path.expanduser(_FILE)  # noqa: PTH111  (Path raises where there is no home)
    if not os.path.exists(file):  # noqa: PTH110  (of each request)
        return {}
    configparser = importlib.import_module("configparser")
    config = configparser.ConfigParser()
    try:
        config.read(file)
        return dict(config["mlflow"]) if "mlflow" in config else {}
    except (configparser.Error, UnicodeError):
        pass
    # Without the cause, which quotes the file.
    raise MlflowLoggingError(f"{_FILE} cannot be read; write [mlflow], and below it {USERNAME.lower()} = …")


def refusal_of(uri: str) -> Refusal:
    """Give what is known of the login that is sent to a server now."""
    login = read_login()
    user_info = urlsplit(uri).netloc.rpartition("@")[0]
    # Where a plugin of MLflow logs in, what it sends may be another thing each time.
    if not (any(login) or user_info) or os.environ.get("MLFLOW_TRACKING_AUTH"):
        return Refusal()
    return _refusal(uri, login)


@lru_cache(maxsize=32)
def _refusal(_uri: str, _login: Login) -> Refusal:
    return Refusal()


def redact(error: BaseException) -> None:
    """Take logins out of an error and all that caused it: out of texts, and of requests that hang on them."""
    texts = environment_secrets()
    with contextlib.suppress(MlflowLoggingError):
        texts |= read_login().secrets
    secrets = sorted(texts, key=len, reverse=True)
    seen: BaseException | None = error
    while seen is not None:
        seen.args = tuple(_redacted(argument, secrets) for argument in seen.args)
        for name, value in vars(seen).items():
            seen.__dict__[name] = _redacted(value, secrets)
        for request in (
            getattr(seen, "request", None),
            getattr(getattr(seen, "response", None), "request", None),
        ):
            _redact_request(request)
        seen = seen.__cause__ or seen.__context__


def _redacted(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, BaseException):
        value.args = tuple(_redacted(argument, secrets) for argument in value.args)
    if isinstance(value, dict):
        return {key: _redacted(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, secrets) for item in value]
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", _MASK, value)
    return without_credentials(value)


def _redact_request(request: Any) -> None:
    if isinstance(headers := getattr(request, "headers", None), Mapping):
        request.headers = {
            name: _MASK if _SECRET_HEADERS.search(name) else value for name, value in headers.items()
        }
    if isinstance(url := getattr(request, "url", None), str):
        request.url = without_credentials(url)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
