"""The two environment variables that tell the AzureML workspace and its service principal."""

import os
from collections.abc import Mapping, Sequence

from newsdesk_mlflow.errors import MlflowLoggingError

WORKSPACE_VARIABLE = "AZUREML_WORKSPACE_STR"
WORKSPACE_KEYS = ("subscription_id", "resource_group", "workspace_name")
SERVICE_PRINCIPAL_VARIABLE = "DL_SERVICE_AUTH_STR"
SERVICE_PRINCIPAL_KEYS = ("tenant_id", "service_principal_id", "service_principal_password")


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


def check_keys(parameter: str, given: Mapping[str, str], keys: Sequence[str]) -> None:
    """Hold a mapping to the keys that it must have, each with a value.

    Raises:
        MlflowLoggingError: some are missing or unknown.
    """
    missing = [key for key in keys if not given.get(key)]
    unknown = [key for key in given if key not in keys]
    problems = [
        f"{what} {', '.join(names)}"
        for what, names in (("lacks", missing), ("has unknown", unknown))
        if names
    ]
    if problems:
        raise MlflowLoggingError(f"{parameter} {' and '.join(problems)}; it takes {', '.join(keys)}")
