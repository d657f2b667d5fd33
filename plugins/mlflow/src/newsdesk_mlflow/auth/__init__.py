"""Azure: the workspace, its credentials, and azureml-mlflow; nothing outside of this package knows of it.

Four independent parts: the two environment variables, the clouds, the credentials, and the two services that
are called.
"""

from newsdesk_mlflow.auth.azureml import check_installed, download, hand_over, refused, upload
from newsdesk_mlflow.auth.clouds import cloud_faults
from newsdesk_mlflow.auth.login import Login, credential_faults, log_in
from newsdesk_mlflow.auth.variables import (
    NO_WORKSPACE,
    SERVICE_PRINCIPAL_VARIABLE,
    WORKSPACE_VARIABLE,
    get_kwargs_from_secret,
    get_spauth_kwargs,
    get_workspace_kwargs,
    service_principal_faults,
    workspace_faults,
)
from newsdesk_mlflow.auth.workspace import workspace_tracking_uri

__all__ = [
    "NO_WORKSPACE",
    "SERVICE_PRINCIPAL_VARIABLE",
    "WORKSPACE_VARIABLE",
    "Login",
    "check_installed",
    "cloud_faults",
    "credential_faults",
    "download",
    "get_kwargs_from_secret",
    "get_spauth_kwargs",
    "get_workspace_kwargs",
    "hand_over",
    "log_in",
    "refused",
    "service_principal_faults",
    "upload",
    "workspace_faults",
    "workspace_tracking_uri",
]
