"""Logging in to Azure with azure-identity: a service principal, or one of its other credentials by name."""

import importlib
import itertools
import math
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from newsdesk import Fault, ReporterException, TransientReporterError

from newsdesk_mlflow.auth.clouds import PUBLIC, Cloud, cloud_of
from newsdesk_mlflow.auth.quiet import unlogged
from newsdesk_mlflow.auth.variables import SERVICE_PRINCIPAL_KEYS, check_keys
from newsdesk_mlflow.choice import choice_faults
from newsdesk_mlflow.errors import MlflowLoggingError, RefusedError
from newsdesk_mlflow.refusal import Refusal
from newsdesk_mlflow.responses import seconds_to_wait

NOT_INSTALLED = (
    "an AzureML workspace needs azure-identity and azureml-mlflow: pip install 'newsdesk-mlflow[azureml]'"
)

_SERVICE_PRINCIPAL = "service principal"
_WHAT_TO_DO = {
    _SERVICE_PRINCIPAL: "check tenant_id, service_principal_id and service_principal_password, and the cloud",
    "default": "give the pod or host an identity, run 'az login', set AZURE_TENANT_ID, AZURE_CLIENT_ID and "
    "AZURE_CLIENT_SECRET, or give service_principal_kwargs",
    "workload_identity": "check the label and the service account of the pod, which set AZURE_TENANT_ID, "
    "AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
    "managed_identity": "check that this host has an identity; if it has several, set AZURE_CLIENT_ID",
    "cli": "run 'az login'",
    "interactive": "log in in the browser that opens, or choose another credential",
}
CREDENTIALS = tuple(name for name in _WHAT_TO_DO if name != _SERVICE_PRINCIPAL)
"""What the parameter `credential` may be."""

# Seconds; azure-identity's own are 300 each, and it would try ten times. Trying again is the desk's work.
PATIENCE = {"connection_timeout": 15, "read_timeout": 30}
ONE_TRY = {"retry_total": 0}
# A workspace that refuses two tokens within these seconds refuses the identity, not an old token: those are
# valid for an hour or more.
_SAME_REFUSAL_SECONDS = 300
_ERROR_CODE = re.compile(r"AADSTS\d+")
_numbers = itertools.count(1)


class Login:
    """Issues tokens for one cloud; azureml-mlflow uses it as a credential, for each request."""

    def __init__(self, name: str, cloud: Cloud, make: Callable[[Callable[[Any], None]], Any]) -> None:
        """Take what there is to know.

        Args:
            name: See `name`.
            cloud: Which cloud.
            make: Makes the credential, which calls what it is given with each answer that it gets.
        """
        self.name = name
        """What the parameter `credential` calls it, or `service principal`."""
        self.cloud = cloud
        self.number = next(_numbers)
        """Tells it from every other login of this process."""
        self._make = make
        self._lock = threading.Lock()
        self._credential: Any = None
        self._refusal = Refusal()
        self._renewals = 0
        self._renewed = -math.inf
        self._thread = threading.local()

    def __repr__(self) -> str:
        return f"<Login by {self.name} to {self.cloud.name}>"

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        """Give a token, from azure-identity's cache as long as it lives.

        Whatever scope is asked for, it is the cloud's: azureml-mlflow knows no cloud but the environment's.

        Raises:
            MlflowLoggingError: Azure refuses, or has refused it before, or azure-identity is not installed.
            TransientReporterError: Azure cannot be reached.
        """
        self._refusal.check()
        self._thread.status = self._thread.retry_after = None
        try:
            with self._lock:
                credential = self._credential = self._credential or self._make(self._note)
                self._thread.renewals = self._renewals
            with unlogged():
                return credential.get_token(self.cloud.scope)
        except ImportError as error:
            raise MlflowLoggingError(NOT_INSTALLED) from error
        except Exception as error:  # noqa: BLE001  (the boundary: the libraries of the credentials raise anything)
            # Without the cause, whose message a traceback would show.
            raise self._failure(error) from None

    def renew(self) -> bool:
        """Discard this thread's last token, which was refused before it expired.

        Returns:
            Whether a new one may help; not if the refused one was new already.
        """
        with self._lock:
            if getattr(self._thread, "renewals", self._renewals) < self._renewals:
                return True  # another thread has done it meanwhile
            now = time.monotonic()
            if now - self._renewed < _SAME_REFUSAL_SECONDS:
                return False
            self._renewed, self._renewals = now, self._renewals + 1
            # Nothing else empties the cache of its tokens.
            self._credential = None
            return True

    def _note(self, response: Any) -> None:
        """Remember a response: the errors of azure-identity do not have it."""
        self._thread.status = response.http_response.status_code
        self._thread.retry_after = seconds_to_wait(response.http_response.headers)

    def _failure(self, error: Exception) -> ReporterException:
        """Translate an error without its message.

        That may quote what was sent: AADSTS700016 quotes the id, which is a password if the parts of
        DL_SERVICE_AUTH_STR are in the wrong order.
        """
        code = _ERROR_CODE.search(str(error))
        told = f"{type(error).__name__}{f' {code[0]}' if code else ''}"
        text = f"Azure issues no token for {self.cloud.resource_manager} ({self.name}): {told}"
        if _may_pass(error, self._thread.status):
            # Its library would give the same answer for a minute, without asking again.
            self._credential = None
            return TransientReporterError(
                f"{text}; check that {self._asked()} can be reached from here", self._thread.retry_after
            )
        text = f"{text}; {_WHAT_TO_DO[self.name]}"
        if self.name != _SERVICE_PRINCIPAL:  # what the others send may be another thing each time
            return MlflowLoggingError(text)
        refused = RefusedError(text)
        self._refusal.note(refused)
        return refused

    def _asked(self) -> str:
        """Return what issues the tokens."""
        if self.name == "managed_identity":
            return "the identity endpoint of this host"
        own = os.environ.get("AZURE_AUTHORITY_HOST") if self.cloud.name == PUBLIC.name else None
        return own or self.cloud.authority


def log_in(
    service_principal: Mapping[str, str] | None = None,
    credential: str | None = None,
    cloud: str | None = None,
) -> Login:
    """Choose the login; nothing is requested before the first token is needed.

    The same choice gives the same login, so that its tokens are shared.

    Args:
        service_principal: The values of `SERVICE_PRINCIPAL_KEYS`, if there are any.
        credential: Without a service principal: one of `CREDENTIALS`.
        cloud: Which of Azure's clouds.

    Raises:
        MlflowLoggingError: a value is missing or unknown.
    """
    if service_principal:
        check_keys("service_principal_kwargs", service_principal, SERVICE_PRINCIPAL_KEYS)
    for fault in credential_faults(credential):
        raise MlflowLoggingError(str(fault))
    secrets = tuple(service_principal[key] for key in SERVICE_PRINCIPAL_KEYS) if service_principal else ()
    name = _SERVICE_PRINCIPAL if secrets else credential or "default"
    # What azure-identity reads when a credential is made.
    variables = tuple(sorted(item for item in os.environ.items() if item[0].startswith("AZURE_")))
    return _login(name, cloud_of(cloud), secrets, variables, os.getpid())


def credential_faults(name: str | None) -> list[Fault]:
    """Return what is wrong with the parameter `credential`."""
    return choice_faults("credential", "credential", name, CREDENTIALS, reference=True)


@lru_cache(maxsize=32)
def _login(
    name: str,
    cloud: Cloud,
    secrets: tuple[str, ...],
    _variables: tuple[tuple[str, str], ...],
    _process: int,  # a forked child needs its own connections
) -> Login:
    return Login(name, cloud, lambda note: _credential(name, cloud, secrets, note))


def _credential(name: str, cloud: Cloud, secrets: tuple[str, ...], note: Callable[[Any], None]) -> Any:
    identity: Any = importlib.import_module("azure.identity")
    patience = {"raw_response_hook": note, **PATIENCE}
    where = {**patience, **_authority(cloud)}
    if name == _SERVICE_PRINCIPAL:
        return identity.ClientSecretCredential(*secrets, **where, **ONE_TRY)
    if name == "workload_identity":
        return identity.WorkloadIdentityCredential(**where, **ONE_TRY)
    if name == "managed_identity":
        # On a host without an identity there is no answer, which the library notices within seconds.
        patience.pop("connection_timeout")
        return identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"), **patience)
    if name == "cli":
        return identity.AzureCliCredential()
    if name == "interactive":
        tenant = {"tenant_id": tenant} if (tenant := os.environ.get("AZURE_TENANT_ID")) else {}
        return identity.InteractiveBrowserCredential(**tenant, **where)
    # Whatever AZURE_TOKEN_CREDENTIALS says: a prompt would hang a pod.
    return identity.DefaultAzureCredential(
        exclude_interactive_browser_credential=True, exclude_broker_credential=True, **where
    )


def _authority(cloud: Cloud) -> dict[str, Any]:
    """Choose where tokens come from: for the public cloud AZURE_AUTHORITY_HOST is respected.

    A private host is not in Microsoft's list, which would be requested over the internet.
    """
    if cloud.name != PUBLIC.name:
        return {"authority": cloud.authority}
    host = os.environ.get("AZURE_AUTHORITY_HOST", "")
    return {"disable_instance_discovery": True} if host and PUBLIC.authority not in host else {}


def _may_pass(error: BaseException, status: int | None) -> bool:
    if status is not None and status >= 400:  # noqa: PLR2004  (HTTP's own; a good answer is not what failed)
        return status in (408, 429) or status >= 500  # noqa: PLR2004  (HTTP's own)
    core: Any = importlib.import_module("azure.core.exceptions")
    unreachable = (core.ServiceRequestError, core.ServiceResponseError)
    return isinstance(error, unreachable) or isinstance(error.__cause__, unreachable)
