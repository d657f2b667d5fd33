"""The tracking URI of an AzureML workspace, from Azure's resource manager."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from newsdesk import ReporterException, TransientReporterError

from newsdesk_mlflow.auth.login import Login
from newsdesk_mlflow.auth.variables import WORKSPACE_KEYS, check_keys
from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.responses import is_transient_status, seconds_to_wait

# Importing requests takes a tenth of a second: only when a workspace is looked up, not for `newsdesk check`.
if TYPE_CHECKING:
    import requests

# "Workspaces - Get" in the reference of Azure Machine Learning's REST API,
# learn.microsoft.com/rest/api/azureml.
_PATH = (
    "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}"
    "?api-version=2024-04-01"
)
_TIMEOUT_SECONDS = 30


def workspace_tracking_uri(workspace: Mapping[str, str], login: Login) -> str:
    """Request a workspace's tracking URI from Azure's resource manager.

    Args:
        workspace: The values of `WORKSPACE_KEYS`.
        login: The login to use.

    Raises:
        MlflowLoggingError: a value is missing or unknown, Azure's library is not installed, or Azure refuses.
        TransientReporterError: Azure cannot be reached.
    """
    check_keys("workspace_kwargs", workspace, WORKSPACE_KEYS)
    path = _PATH.format(*(quote(workspace[key], safe="") for key in WORKSPACE_KEYS))
    shown = f"the AzureML workspace {workspace['workspace_name']!r}"
    properties = _record(login, path, shown).get("properties")
    uri = properties.get("mlFlowTrackingUri") if isinstance(properties, dict) else None
    if not uri:
        raise MlflowLoggingError(
            f"{shown} has no tracking URI for MLflow; check that it is ready, and of the kind 'Default'"
        )
    return str(uri)


def _record(login: Login, path: str, shown: str) -> Mapping[str, Any]:
    import requests  # noqa: PLC0415  (see above)

    from newsdesk_mlflow.connections import reason_of  # noqa: PLC0415  (it imports requests)

    url = f"{login.cloud.resource_manager}{path}"
    token = login.get_token().token

    def authorize(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    try:
        # As `auth`: a header alone would be replaced by what a user's .netrc has for that host.
        response = requests.get(url, auth=authorize, timeout=_TIMEOUT_SECONDS)
    except requests.RequestException as error:
        reason = reason_of(error)
        kind = TransientReporterError if reason.may_pass else MlflowLoggingError
        raise kind(
            f"cannot connect to {login.cloud.resource_manager} to look up {shown}: {reason.text}"
        ) from error
    if not response.ok:
        raise _refusal(response, login, shown)
    try:
        record = response.json()
    except ValueError as error:
        raise _no_record(response, login, shown) from error
    if not isinstance(record, dict):
        raise _no_record(response, login, shown)
    return record


def _refusal(response: "requests.Response", login: Login, shown: str) -> ReporterException:
    status = response.status_code
    text = f"{login.cloud.resource_manager} does not return {shown}: HTTP status {status}{_code(response)}"
    if is_transient_status(status):
        return TransientReporterError(f"{text}; try again later", seconds_to_wait(response.headers))
    return MlflowLoggingError(f"{text}; {_what_to_do(status, login)}")


def _what_to_do(status: int, login: Login) -> str:
    return {
        401: f"the token ({login.name}) belongs to another tenant or cloud; check tenant_id and cloud",
        403: f"assign this identity ({login.name}) the role 'AzureML Data Scientist' in the workspace",
        404: "check subscription_id, resource_group and workspace_name, and the cloud",
    }.get(status, "check workspace_kwargs and the cloud")


def _code(response: "requests.Response") -> str:
    """Return Azure's code of an error, such as AuthorizationFailed, if the answer has one."""
    try:
        code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f" {code}" if re.fullmatch(r"\w{1,80}", str(code)) else ""


def _no_record(response: "requests.Response", login: Login, shown: str) -> MlflowLoggingError:
    kind = response.headers.get("Content-Type", "no type")
    return MlflowLoggingError(
        f"{login.cloud.resource_manager} does not return {shown}: the answer is not JSON but {kind}; "
        "check whether something else, such as a proxy, answers in its place"
    )
