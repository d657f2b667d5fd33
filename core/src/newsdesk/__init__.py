"""Delivers the record of a finished ML build to the backends where people look for it.

In short::

    import newsdesk

    newsdesk.report(machine, [{"files": {"path": "reports"}}, "mlflow"])
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsdesk.config import Config as Config
    from newsdesk.desk import Desk as Desk
    from newsdesk.desk import report as report
    from newsdesk.exceptions import DefinitionError as DefinitionError
    from newsdesk.exceptions import DeliveryError as DeliveryError
    from newsdesk.exceptions import Fault as Fault
    from newsdesk.exceptions import MachineError as MachineError
    from newsdesk.exceptions import PermanentReporterError as PermanentReporterError
    from newsdesk.exceptions import PluginError as PluginError
    from newsdesk.exceptions import ReporterException as ReporterException
    from newsdesk.exceptions import TransientReporterError as TransientReporterError
    from newsdesk.exceptions import UnknownReporterError as UnknownReporterError
    from newsdesk.exceptions import UnresolvedReferenceError as UnresolvedReferenceError
    from newsdesk.hookspecs import ReporterPlugin as ReporterPlugin
    from newsdesk.hookspecs import hookimpl as hookimpl
    from newsdesk.machine import Machine as Machine
    from newsdesk.machine import MachineKey as MachineKey
    from newsdesk.parameters import did_you_mean as did_you_mean
    from newsdesk.receipt import Alteration as Alteration
    from newsdesk.receipt import Delivery as Delivery
    from newsdesk.receipt import DeliveryFailed as DeliveryFailed
    from newsdesk.receipt import Plan as Plan
    from newsdesk.receipt import Receipt as Receipt
    from newsdesk.receipt import Status as Status
    from newsdesk.reporter import BaseReporter as BaseReporter
    from newsdesk.retry import Retry as Retry
    from newsdesk.secrets import Secret as Secret

_HOME = {
    "config": ("Config",),
    "desk": ("Desk", "report"),
    "exceptions": (
        "DefinitionError",
        "DeliveryError",
        "Fault",
        "MachineError",
        "PermanentReporterError",
        "PluginError",
        "ReporterException",
        "TransientReporterError",
        "UnknownReporterError",
        "UnresolvedReferenceError",
    ),
    "hookspecs": ("ReporterPlugin", "hookimpl"),
    "machine": ("Machine", "MachineKey"),
    "parameters": ("did_you_mean",),
    "receipt": ("Alteration", "Delivery", "DeliveryFailed", "Plan", "Receipt", "Status"),
    "reporter": ("BaseReporter",),
    "retry": ("Retry",),
    "secrets": ("Secret",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605  (a test holds it to the imports above)


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: `import newsdesk` alone costs next to nothing."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'newsdesk' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"newsdesk.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
