"""Azure: the workspace, who logs in to it, and what azureml-mlflow is told; nothing else here knows of it.

A package and no single file, since four things would stand side by side in it that share no line: the two
environment variables, the clouds, the credentials, and the two services that are asked.
"""

from newsdesk_mlflow.auth.azureml import check_installed, hand_over, log_batch, refused, upload
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
    "get_kwargs_from_secret",
    "get_spauth_kwargs",
    "get_workspace_kwargs",
    "hand_over",
    "log_batch",
    "log_in",
    "refused",
    "service_principal_faults",
    "upload",
    "workspace_faults",
    "workspace_tracking_uri",
]
