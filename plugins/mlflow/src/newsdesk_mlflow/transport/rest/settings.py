"""What MLflow's environment variables say of a connection, as its client understands them."""

import os
import sys
from typing import Any, NamedTuple

from newsdesk import remaining_seconds

from newsdesk_mlflow.errors import MlflowLoggingError

_TIMEOUT_SECONDS = (
    30  # to connect, and between two packets; the client's 120 are more than a deadline often is
)
_TRUE, _FALSE = ("true", "1"), ("false", "0", "")


class Settings(NamedTuple):
    """How to connect to a server."""

    timeout: float
    """Seconds to connect, and between two packets: no more than are left of the deadline."""
    verify: bool | str
    """Whether the server's certificate is verified, or the file with the authorities to verify it by."""
    cert: str | None
    """The file with the client's certificate."""


def settings() -> Settings:
    """Read the settings.

    Raises:
        MlflowLoggingError: a variable is not valid, or two exclude each other.
    """
    insecure = flag("MLFLOW_TRACKING_INSECURE_TLS")
    authorities = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    if insecure and authorities:
        raise MlflowLoggingError(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH exclude each other; unset one"
        )
    return Settings(
        remaining_seconds(at_most=_seconds("MLFLOW_HTTP_REQUEST_TIMEOUT", _TIMEOUT_SECONDS)),
        authorities or not insecure,
        os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
    )


def flag(name: str) -> bool:
    """Read a variable that is true or false; by default it is false.

    Raises:
        MlflowLoggingError: it is neither.
    """
    text = os.environ.get(name, "").lower()
    if text not in (*_TRUE, *_FALSE):
        raise MlflowLoggingError(f"{name} must be true or false, but is {text!r}")
    return text in _TRUE


def workspace() -> str:
    """Return the workspace of a server that is in use, by `mlflow.set_workspace` or MLFLOW_WORKSPACE."""
    context: Any = sys.modules.get("mlflow.utils.workspace_context")
    if context is not None:
        return context.get_request_workspace() or ""
    return os.environ.get("MLFLOW_WORKSPACE", "").strip()


def _seconds(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text)):
        raise MlflowLoggingError(f"{name} must be a whole number of seconds above 0, but is {text!r}")
    return int(text)
