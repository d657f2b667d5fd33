"""The AzureML workspace and its credentials, and from them a tracking URI; the only file that knows Azure."""

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests
from newsdesk import ReporterException, TransientReporterError

from newsdesk_mlflow.failures import MlflowLoggingError, retry_after

WORKSPACE_VARIABLE = "AZUREML_WORKSPACE_STR"
WORKSPACE_KEYS = ("subscription_id", "resource_group", "workspace_name")
SERVICE_PRINCIPAL_VARIABLE = "DL_SERVICE_AUTH_STR"
SERVICE_PRINCIPAL_KEYS = ("tenant_id", "service_principal_id", "service_principal_password")

# "Workspaces - Get" in the reference of Azure Machine Learning's REST API,
# learn.microsoft.com/rest/api/azureml.
RESOURCE_MANAGER = "https://management.azure.com"
_SCOPE = f"{RESOURCE_MANAGER}/.default"
_API_VERSION = "2024-04-01"
_TIMEOUT_SECONDS = 30


def get_kwargs_from_secret(name: str, keys: Sequence[str]) -> dict[str, str]:
    """Read an environment variable that holds the values of `keys`, in that order, with `:` between them.

    A `:` within the last value is part of it. An empty variable gives `{}`.

    Raises:
        MlflowLoggingError: the variable is not set, or holds too few values; the message never shows what it
            holds.
    """
    secret = os.environ.get(name)
    if secret is None:
        raise MlflowLoggingError(f"the environment variable {name} is not set; set it to {':'.join(keys)}")
    if not secret:
        return {}
    values = secret.split(":", len(keys) - 1)
    if len(values) != len(keys):
        raise MlflowLoggingError(
            f"the environment variable {name} has {len(values)} parts, and must have {len(keys)}: "
            + ":".join(keys)
        )
    return dict(zip(keys, values, strict=True))


def get_workspace_kwargs() -> dict[str, str]:
    """Read the AzureML workspace from AZUREML_WORKSPACE_STR, `subscription_id:resource_group:workspace_name`.

    Raises:
        MlflowLoggingError: see `get_kwargs_from_secret`.
    """
    return get_kwargs_from_secret(WORKSPACE_VARIABLE, WORKSPACE_KEYS)


def get_spauth_kwargs() -> dict[str, str]:
    """Read the credentials from DL_SERVICE_AUTH_STR.

    It holds `tenant_id:service_principal_id:service_principal_password`.

    Raises:
        MlflowLoggingError: see `get_kwargs_from_secret`.
    """
    return get_kwargs_from_secret(SERVICE_PRINCIPAL_VARIABLE, SERVICE_PRINCIPAL_KEYS)


def workspace_tracking_uri(workspace: Mapping[str, str], service_principal: Mapping[str, str]) -> str:
    """Ask Azure's resource manager for a workspace's tracking URI.

    Args:
        workspace: The values of `WORKSPACE_KEYS`.
        service_principal: Those of `SERVICE_PRINCIPAL_KEYS`; empty for Azure's default credentials.

    Raises:
        MlflowLoggingError: a value is missing or unknown, Azure's library is not installed, or Azure refuses.
        TransientReporterError: Azure cannot be reached.
    """
    _check("workspace_kwargs", workspace, WORKSPACE_KEYS)
    if service_principal:
        _check("service_principal_kwargs", service_principal, SERVICE_PRINCIPAL_KEYS)
    token = _token(service_principal)
    subscription, group, name = (quote(workspace[key], safe="") for key in WORKSPACE_KEYS)
    url = (
        f"{RESOURCE_MANAGER}/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{name}?api-version={_API_VERSION}"
    )
    record = _get(url, token, workspace["workspace_name"])
    uri = record.get("properties", {}).get("mlFlowTrackingUri")
    if not uri:
        raise MlflowLoggingError(
            f"the AzureML workspace {workspace['workspace_name']!r} has no tracking URI for MLflow"
        )
    return str(uri)


def _check(parameter: str, given: Mapping[str, str], keys: Sequence[str]) -> None:
    missing = [key for key in keys if not given.get(key)]
    unknown = [key for key in given if key not in keys]
    problems = [
        f"{what} {', '.join(names)}"
        for what, names in (("lacks", missing), ("has unknown", unknown))
        if names
    ]
    if problems:
        raise MlflowLoggingError(f"{parameter} {' and '.join(problems)}; it takes {', '.join(keys)}")


def _token(service_principal: Mapping[str, str]) -> str:
    try:
        identity: Any = importlib.import_module("azure.identity")
    except ImportError as error:
        raise MlflowLoggingError(
            "an AzureML workspace needs azure-identity and azureml-mlflow: "
            "pip install 'newsdesk-mlflow[azureml]'"
        ) from error
    credential: Any = (
        identity.ClientSecretCredential(*(service_principal[key] for key in SERVICE_PRINCIPAL_KEYS))
        if service_principal
        else identity.DefaultAzureCredential()
    )
    try:
        return str(credential.get_token(_SCOPE).token)
    except Exception as error:
        # The boundary: what the credentials stand on raises what it likes. Only the type is told,
        # since the message may quote what was sent.
        raise MlflowLoggingError(
            f"Azure gives no token for {RESOURCE_MANAGER}: {type(error).__name__}"
        ) from error


def _get(url: str, token: str, workspace: str) -> dict[str, Any]:
    try:
        response = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_SECONDS)
        response.raise_for_status()
        record: dict[str, Any] = response.json()
    except requests.RequestException as error:
        raise _failure(error, workspace) from error
    return record


def _failure(error: requests.RequestException, workspace: str) -> ReporterException:
    status = error.response.status_code if error.response is not None else None
    if status is None or status == 429 or status >= 500:  # noqa: PLR2004  (HTTP's own)
        text = f"Azure does not tell the AzureML workspace {workspace!r}: {error}"
        return TransientReporterError(text, retry_after(error))
    return MlflowLoggingError(f"Azure refuses the AzureML workspace {workspace!r} with HTTP status {status}")
