"""The only file that calls azureml-mlflow: it gets our login from here, and stores artifacts."""

import importlib
import importlib.metadata
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from newsdesk import ReporterException, TransientReporterError

from newsdesk_mlflow.auth.login import NOT_INSTALLED, ONE_TRY, PATIENCE, Login
from newsdesk_mlflow.errors import MlflowLoggingError, RefusedError
from newsdesk_mlflow.responses import status_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

_OLDEST = "1.62.0.post6"
"""Older ones cannot make their store for artifacts with the MLflow that pip puts beside them."""
_SCOPE = re.compile(
    r"(?i).*/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices/workspaces/([^/?#]+)"
)
# What AzureML sets within its jobs, where azureml-mlflow logs in with them.
_JOB = ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN", "MLFLOW_RUN_ID")
# Seconds for its requests about artifacts, if the user has set it; 300 by default.
_TIMEOUT = "AZUREML_HTTP_REQUEST_TIMEOUT"
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409


def check_installed() -> None:
    """Check that what a workspace needs is installed.

    Raises:
        MlflowLoggingError: it is missing, or too old.
    """
    from packaging.version import Version  # noqa: PLC0415  (not of our own dependencies, but of MLflow's)

    try:
        found = importlib.metadata.version("azureml-mlflow")
    except importlib.metadata.PackageNotFoundError as error:
        raise MlflowLoggingError(NOT_INSTALLED) from error
    if Version(found) < Version(_OLDEST):
        raise MlflowLoggingError(
            f"azureml-mlflow {found} cannot store artifacts, {_OLDEST} can: "
            "pip install --upgrade 'newsdesk-mlflow[azureml]'"
        )


def hand_over(tracking_uri: str, login: Login) -> str:
    """Give azureml-mlflow our login for a workspace; without one it would end up opening a browser.

    Returns:
        The URI to make a client with. It ends in the login's number, since MLflow keeps one store for each
        URI, with the login that it had at first.

    Raises:
        MlflowLoggingError: the URI is not that of a workspace.
    """
    parts = urlsplit(tracking_uri)
    found = _SCOPE.fullmatch(parts.path)
    if found is None or not parts.netloc:
        raise MlflowLoggingError(
            f"the tracking URI {_without_user(tracking_uri)!r} is not that of an AzureML workspace, such as "
            "azureml://<host>/mlflow/v1.0/subscriptions/<subscription>/resourceGroups/<group>"
            "/providers/Microsoft.MachineLearningServices/workspaces/<name>; use that, or workspace_kwargs"
        )
    if _in_job() and login.name == "default":
        return tracking_uri
    subscription, group, name = map(unquote, found.groups())
    host = parts.netloc.rpartition("@")[2]  # a workspace takes no user, and the library logs what it is given
    azureml: Any = importlib.import_module("azureml.mlflow")
    workspace = SimpleNamespace(ml_flow_tracking_uri=f"azureml://{host}{parts.path}#{login.number}")
    uri: str = azureml.get_mlflow_tracking_uri_v2(
        workspace,
        {
            "subscription_id": subscription,
            "resource_group_name": group,
            "workspace_name": name,
            "auth": login,
            "host_url": f"https://{host}",
        },
    )
    _set_cloud(uri, login.cloud.name)
    return uri


def refused(client: "MlflowClient", told: ReporterException, error: Exception) -> ReporterException:
    """Give the error to raise for a failed request, with what to do if the workspace refused the login.

    A token may be refused before it expires, for example if a clock is wrong; then a new one is requested.

    Args:
        client: The client that sent the request.
        told: The error, translated.
        error: The error.
    """
    status = status_of(error)
    if status == _UNAUTHORIZED and _renew(client):
        return TransientReporterError(f"{told}; the next attempt gets a new token")
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        return RefusedError(
            f"{told}; assign this identity the role 'AzureML Data Scientist' in the workspace"
        )
    return told


def upload(client: "MlflowClient", artifact_uri: str, file: Path) -> bool:
    """Store a file as an artifact of a run.

    Returns:
        Whether the run has it now. AzureML does not overwrite artifacts: another file of that name stays.

    Raises:
        MlflowLoggingError: the URI is not that of a run in a workspace.
    """
    run = _artifacts(client, artifact_uri)
    blob: Any = importlib.import_module("azure.storage.blob")
    try:
        told = run._create_empty_artifacts(paths=file.name)  # noqa: SLF001  (the same)
        url = told.artifact_content_information[file.name].content_uri
        blob.BlobClient.from_blob_url(url, **PATIENCE, **ONE_TRY).upload_blob(file.read_bytes())
    except Exception as error:
        if not _is_there(error):
            raise
        return _stored(run, file.name) == file.read_bytes()
    return True


def download(client: "MlflowClient", artifact_uri: str, name: str) -> bytes:
    """Read an artifact of a run.

    Raises:
        MlflowLoggingError: the URI is not that of a run in a workspace.
    """
    return _read(_artifacts(client, artifact_uri), name)


def _artifacts(client: "MlflowClient", artifact_uri: str) -> Any:
    """Return azureml-mlflow's client for the artifacts of one run.

    Raises:
        MlflowLoggingError: the URI is not that of a run in a workspace.
    """
    utils: Any = importlib.import_module("azureml.mlflow._store.artifact.utils")
    # azureml-mlflow's own repository takes the workspace of the global tracking URI, and we set none.
    parts = utils.artifact_uri_decomp(artifact_uri)
    if not {"experiment", "runid"} <= parts.keys():
        raise MlflowLoggingError(
            f"the artifacts of the run are at {artifact_uri!r}, and those of a run in a workspace at "
            "azureml://…/experiments/<experiment>/runs/<run>/artifacts; use another experiment"
        )
    run = utils.RunArtifactsClient(_context(client), parts["experiment"], parts["runid"], None)
    # Both libraries would wait and retry for minutes; retries are the desk's task.
    run._client._config.retry_policy.total_retries = 0  # noqa: SLF001  (no public way)
    if _TIMEOUT not in os.environ:
        connection = run._client._client._pipeline._transport.connection_config  # noqa: SLF001  (the same)
        connection.timeout = connection.read_timeout = PATIENCE["read_timeout"]
    return run


def _renew(client: "MlflowClient") -> bool:
    """Discard the token of a client; False if a new one will not help."""
    login = _context(client).auth
    return isinstance(login, Login) and login.renew()


def _in_job() -> bool:
    named = {"MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"} & os.environ.keys()
    return bool(named) and all(name in os.environ for name in _JOB)


def _without_user(uri: str) -> str:
    return re.sub(r"(?<=://)\S+@", "***@", uri)


def _set_cloud(uri: str, name: str) -> None:
    """Set the cloud: the hook has no parameter for it, and would request a list of them first."""
    loader: Any = importlib.import_module("azureml.mlflow._internal.service_context_loader")
    clouds: Any = importlib.import_module("azureml.mlflow._common._cloud.cloud")
    context = loader._AzureMLServiceContextLoader.get_service_context(uri)  # noqa: SLF001  (no public way)
    context._cloud = clouds._get_cloud_or_default(name)  # noqa: SLF001  (the same)


def _context(client: "MlflowClient") -> Any:
    """Return azureml-mlflow's context of a client's workspace."""
    return client._tracking_client.store.service_context  # noqa: SLF001


def _is_there(error: Exception) -> bool:
    """Return whether an artifact, or its blob, exists already."""
    return status_of(error) == _CONFLICT or "Resource Conflict" in str(error)


def _stored(run: Any, name: str) -> bytes | None:
    """Read an artifact; None if it does not exist."""
    try:
        return _read(run, name)
    except Exception as error:
        if status_of(error) != _NOT_FOUND:
            raise
        return None


def _read(run: Any, name: str) -> bytes:
    """Read an artifact: its address, which is signed, and then its content.

    Not by the method of azureml-mlflow: that one hides what was answered.
    """
    workspace = run._service_context  # noqa: SLF001  (no public way)
    told = run._client.run_artifacts.get_content_information(  # noqa: SLF001  (the same)
        subscription_id=workspace.subscription_id,
        resource_group_name=workspace.resource_group_name,
        workspace_name=workspace.workspace_name,
        experiment_name=run._experiment_name,  # noqa: SLF001  (the same)
        run_id=run._run_id,  # noqa: SLF001  (the same)
        path=name,
    )
    blob: Any = importlib.import_module("azure.storage.blob")
    client = blob.BlobClient.from_blob_url(told.content_uri, **PATIENCE, **ONE_TRY)
    content: bytes = client.download_blob(raw_response_hook=_refuse_page).readall()
    return content


def _refuse_page(told: Any) -> None:
    """Refuse a page of a portal with status 200; the library would call it a blob without its size."""
    import requests  # noqa: PLC0415  (a tenth of a second, which 'newsdesk check' does not need)

    response = told.http_response.internal_response
    if "html" in response.headers.get("Content-Type", ""):
        raise requests.HTTPError(f"{response.status_code} for an artifact", response=response)
