"""The newsdesk reporter for MLflow and AzureML.

    import newsdesk

    newsdesk.report(machine, [{"mlflow": {"tracking_uri": "http://127.0.0.1:5000"}}])

Besides the reporter there are the functions of the project that this one replaces, see
`newsdesk_mlflow.functions`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsdesk_mlflow.auth import get_kwargs_from_secret as get_kwargs_from_secret
    from newsdesk_mlflow.auth import get_spauth_kwargs as get_spauth_kwargs
    from newsdesk_mlflow.auth import get_workspace_kwargs as get_workspace_kwargs
    from newsdesk_mlflow.errors import MlflowLoggingError as MlflowLoggingError
    from newsdesk_mlflow.functions import batch_log_items as batch_log_items
    from newsdesk_mlflow.functions import epoch_now as epoch_now
    from newsdesk_mlflow.functions import get_machine_log_items as get_machine_log_items
    from newsdesk_mlflow.functions import get_mlflow_client as get_mlflow_client
    from newsdesk_mlflow.functions import get_run_id as get_run_id
    from newsdesk_mlflow.functions import log_machine as log_machine
    from newsdesk_mlflow.functions import mlflow_context as mlflow_context
    from newsdesk_mlflow.reporter import MlFlowReporter as MlFlowReporter

_HOME = {
    "auth": ("get_kwargs_from_secret", "get_spauth_kwargs", "get_workspace_kwargs"),
    "errors": ("MlflowLoggingError",),
    "functions": (
        "batch_log_items",
        "epoch_now",
        "get_machine_log_items",
        "get_mlflow_client",
        "get_run_id",
        "log_machine",
        "mlflow_context",
    ),
    "reporter": ("MlFlowReporter",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605  (a test holds it to the imports above)


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: listing the plugins imports this package as well."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'newsdesk_mlflow' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"newsdesk_mlflow.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
