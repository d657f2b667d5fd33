"""Which way a tracking URI is reached: by MLflow's client."""

from collections.abc import Callable

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.transport.client.store import ClientStore, import_client
from newsdesk_mlflow.transport.logins import check_login
from newsdesk_mlflow.transport.tracking import Tracking
from newsdesk_mlflow.transport.uri import is_azureml, is_local_store, is_server, uri_problem


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
    return Tracking(connect_client(tracking_uri, log_in, needs_workspace=needs_workspace))


def connect_client(
    tracking_uri: str | None = None,
    log_in: Callable[[], auth.Login] = auth.log_in,
    *,
    needs_workspace: bool = False,
) -> ClientStore:
    """Make a client of MLflow's own, whatever it is to reach; otherwise as `connect`."""
    uri = import_client() if tracking_uri is None else tracking_uri
    if problem := uri_problem(uri):
        name = "MLFLOW_TRACKING_URI" if tracking_uri is None else "tracking_uri"
        raise MlflowLoggingError(f"{name} {problem}")
    if needs_workspace and not is_azureml(uri):
        raise MlflowLoggingError(auth.NO_WORKSPACE)
    if is_server(uri):
        check_login()
    return ClientStore.connect(uri, log_in)


def prepare(tracking_uri: str | None) -> bool:
    """Import what a delivery needs, and return whether it goes to a store on this machine's disk.

    Raises:
        MlflowLoggingError: it cannot be imported.
    """
    default = import_client()
    return is_local_store(tracking_uri or default)
