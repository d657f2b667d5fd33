"""Which way a tracking URI is reached: directly, if it is a plain server, or else by MLflow's client."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.transport.client.plugins import has_plugins
from newsdesk_mlflow.transport.logins import check_login
from newsdesk_mlflow.transport.rest.settings import flag
from newsdesk_mlflow.transport.tracking import Tracking
from newsdesk_mlflow.transport.uri import is_azureml, is_local_store, is_server, uri_problem

if TYPE_CHECKING:
    from newsdesk_mlflow.transport.client.store import ClientStore


def connect(
    tracking_uri: str | None = None,
    log_in: Callable[[], auth.Login] = auth.log_in,
    *,
    needs_workspace: bool = False,
) -> Tracking:
    """Connect to an MLflow; no request is made, and nothing global is changed.

    Args:
        tracking_uri: Where to; None is where MLflow itself would log to, by MLFLOW_TRACKING_URI or
            `mlflow.set_tracking_uri`.
        log_in: Gives the login, if it is an AzureML workspace.
        needs_workspace: Whether it must be one.

    Raises:
        MlflowLoggingError: the URI is wrong, or needs what is not installed.
    """
    uri = _configured_uri() if tracking_uri is None else tracking_uri
    if uri is None or not speaks_rest(uri):
        return Tracking(connect_client(tracking_uri, log_in, needs_workspace=needs_workspace))
    _check(uri, tracking_uri, needs_workspace=needs_workspace)
    from newsdesk_mlflow.transport.rest.store import RestStore  # noqa: PLC0415  (only where it is used)

    return Tracking(RestStore(uri))


def connect_client(
    tracking_uri: str | None = None,
    log_in: Callable[[], auth.Login] = auth.log_in,
    *,
    needs_workspace: bool = False,
) -> "ClientStore":
    """Make a client of MLflow's own, whatever it is to reach; otherwise as `connect`."""
    from newsdesk_mlflow.transport.client.store import ClientStore, import_client  # noqa: PLC0415  (as above)

    uri = import_client() if tracking_uri is None else tracking_uri
    _check(uri, tracking_uri, needs_workspace=needs_workspace)
    return ClientStore.connect(uri, log_in)


def prepare(tracking_uri: str | None) -> bool:
    """Import what a delivery needs, and return whether it goes to a store on this machine's disk.

    Raises:
        MlflowLoggingError: it cannot be imported.
    """
    uri = _configured_uri() if tracking_uri is None else tracking_uri
    if uri is not None and speaks_rest(uri):
        return False
    from newsdesk_mlflow.transport.client.store import import_client  # noqa: PLC0415  (as above)

    default = import_client()
    return is_local_store(uri or default)


def speaks_rest(uri: str) -> bool:
    """Tell whether a tracking URI is a server to which MLflow's client would send nothing but its REST API.

    A login by a plugin (MLFLOW_TRACKING_AUTH) or signed for AWS is the client's work, and so are the headers
    that its plugins add.
    """
    if not is_server(uri) or os.environ.get("MLFLOW_TRACKING_AUTH"):
        return False
    return not flag("MLFLOW_TRACKING_AWS_SIGV4") and not has_plugins()


def _configured_uri() -> str | None:
    """Return where MLflow itself would log to, as far as that is known without importing it."""
    service: Any = sys.modules.get("mlflow.tracking._tracking_service.utils")
    asked = getattr(service, "get_tracking_uri", None)
    return asked() if asked else os.environ.get("MLFLOW_TRACKING_URI") or None


def _check(uri: str, given: str | None, *, needs_workspace: bool) -> None:
    if problem := uri_problem(uri):
        name = "MLFLOW_TRACKING_URI" if given is None else "tracking_uri"
        raise MlflowLoggingError(f"{name} {problem}")
    if needs_workspace and not is_azureml(uri):
        raise MlflowLoggingError(auth.NO_WORKSPACE)
    if is_server(uri):
        check_login()
