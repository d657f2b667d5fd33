"""The two environment variables that name the AzureML workspace and its service principal."""

import os
from collections.abc import Mapping, Sequence

from newsdesk import Fault

from newsdesk_mlflow.errors import MlflowLoggingError

WORKSPACE_VARIABLE = "AZUREML_WORKSPACE_STR"
WORKSPACE_KEYS = ("subscription_id", "resource_group", "workspace_name")
SERVICE_PRINCIPAL_VARIABLE = "DL_SERVICE_AUTH_STR"
SERVICE_PRINCIPAL_KEYS = ("tenant_id", "service_principal_id", "service_principal_password")
NO_WORKSPACE = (
    "azureml has no workspace; give workspace_kwargs, or set AZUREML_WORKSPACE_STR to "
    f"{':'.join(WORKSPACE_KEYS)}, or use the reporter mlflow for another server"
)


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
            f"the environment variable {name} has {len(values)} parts instead of {len(keys)}: "
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


def workspace_faults(given: Mapping[str, str] | None) -> list[Fault]:
    """Give what is wrong with the parameter `workspace_kwargs`."""
    return key_faults("workspace_kwargs", given, WORKSPACE_KEYS) if given else []


def service_principal_faults(given: Mapping[str, str] | None) -> list[Fault]:
    """Give what is wrong with the parameter `service_principal_kwargs`."""
    return key_faults("service_principal_kwargs", given, SERVICE_PRINCIPAL_KEYS) if given else []


def key_faults(parameter: str, given: Mapping[str, str], keys: Sequence[str]) -> list[Fault]:
    """Give what is wrong with a mapping that must have these keys, each with a value."""
    missing = [key for key in keys if not given.get(key)]
    unknown = [key for key in given if key not in keys]
    problems = [
        f"{what} {', '.join(names)}"
        for what, names in (("lacks", missing), ("has unknown", unknown))
        if names
    ]
    if not problems:
        return []
    return [Fault(parameter, f"{' and '.join(problems)}; it takes {', '.join(keys)}")]


def check_keys(parameter: str, given: Mapping[str, str], keys: Sequence[str]) -> None:
    """Hold a mapping to the keys that it must have, each with a value.

    Raises:
        MlflowLoggingError: some are missing or unknown.
    """
    for fault in key_faults(parameter, given, keys):
        raise MlflowLoggingError(f"{parameter} {fault.message}")
