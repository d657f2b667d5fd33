"""Delivers the record of a finished ML build to the backends where people look for it.

In short::

    import newsdesk

    newsdesk.report(machine, [{"files": {"path": "reports"}}, "mlflow"])
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsdesk.alteration import Alteration as Alteration
    from newsdesk.comparison.changes import Change as Change
    from newsdesk.comparison.checks import GateCheck as GateCheck
    from newsdesk.comparison.checks import GateStatus as GateStatus
    from newsdesk.comparison.difference import Diff as Diff
    from newsdesk.comparison.difference import diff as diff
    from newsdesk.comparison.gate import GateResult as GateResult
    from newsdesk.comparison.gate import gate as gate
    from newsdesk.comparison.history_changes import HistoryChange as HistoryChange
    from newsdesk.comparison.rule import Rule as Rule
    from newsdesk.comparison.rules import Rules as Rules
    from newsdesk.comparison.score_changes import Delta as Delta
    from newsdesk.comparison.score_changes import ScoreChange as ScoreChange
    from newsdesk.config.file import Config as Config
    from newsdesk.contract.deadline import remaining_seconds as remaining_seconds
    from newsdesk.contract.delivery import Delivery as Delivery
    from newsdesk.contract.delivery import Plan as Plan
    from newsdesk.contract.delivery import ReportResult as ReportResult
    from newsdesk.contract.finding import Finding as Finding
    from newsdesk.contract.http_status import error_for_status as error_for_status
    from newsdesk.contract.parameters.references import is_reference as is_reference
    from newsdesk.contract.receipt import DeliveryFailed as DeliveryFailed
    from newsdesk.contract.receipt import Receipt as Receipt
    from newsdesk.contract.receipt import Status as Status
    from newsdesk.contract.reporter import BaseReporter as BaseReporter
    from newsdesk.contract.stored import StoredMachine as StoredMachine
    from newsdesk.contract.stored import sole_project as sole_project
    from newsdesk.contract.suggestions import did_you_mean as did_you_mean
    from newsdesk.delivery.desk import Desk as Desk
    from newsdesk.delivery.report import report as report
    from newsdesk.delivery.retry import Retry as Retry
    from newsdesk.exceptions import AmbiguousMachine as AmbiguousMachine
    from newsdesk.exceptions import DefinitionError as DefinitionError
    from newsdesk.exceptions import DeliveryError as DeliveryError
    from newsdesk.exceptions import Fault as Fault
    from newsdesk.exceptions import MachineDoesNotExist as MachineDoesNotExist
    from newsdesk.exceptions import MachineError as MachineError
    from newsdesk.exceptions import PermanentReporterError as PermanentReporterError
    from newsdesk.exceptions import PluginError as PluginError
    from newsdesk.exceptions import ReporterException as ReporterException
    from newsdesk.exceptions import TransientReporterError as TransientReporterError
    from newsdesk.exceptions import UnknownReporterError as UnknownReporterError
    from newsdesk.exceptions import UnresolvedReferenceError as UnresolvedReferenceError
    from newsdesk.machine import Machine as Machine
    from newsdesk.machine import MachineKey as MachineKey
    from newsdesk.plugins.hookspecs import Attempt as Attempt
    from newsdesk.plugins.hookspecs import CommandPlugin as CommandPlugin
    from newsdesk.plugins.hookspecs import ReporterPlugin as ReporterPlugin
    from newsdesk.plugins.hookspecs import ServerPlugin as ServerPlugin
    from newsdesk.plugins.hookspecs import hookimpl as hookimpl
    from newsdesk.secrets import Public as Public
    from newsdesk.secrets import Secret as Secret

_HOME = {
    "alteration": ("Alteration",),
    "comparison.changes": ("Change",),
    "comparison.checks": ("GateCheck", "GateStatus"),
    "comparison.difference": ("Diff", "diff"),
    "comparison.gate": ("GateResult", "gate"),
    "comparison.history_changes": ("HistoryChange",),
    "comparison.rule": ("Rule",),
    "comparison.rules": ("Rules",),
    "comparison.score_changes": ("Delta", "ScoreChange"),
    "config.file": ("Config",),
    "contract.deadline": ("remaining_seconds",),
    "contract.delivery": ("Delivery", "Plan", "ReportResult"),
    "contract.finding": ("Finding",),
    "contract.http_status": ("error_for_status",),
    "contract.parameters.references": ("is_reference",),
    "contract.receipt": ("DeliveryFailed", "Receipt", "Status"),
    "contract.reporter": ("BaseReporter",),
    "contract.stored": ("StoredMachine", "sole_project"),
    "contract.suggestions": ("did_you_mean",),
    "delivery.desk": ("Desk",),
    "delivery.report": ("report",),
    "delivery.retry": ("Retry",),
    "exceptions": (
        "AmbiguousMachine",
        "DefinitionError",
        "DeliveryError",
        "Fault",
        "MachineDoesNotExist",
        "MachineError",
        "PermanentReporterError",
        "PluginError",
        "ReporterException",
        "TransientReporterError",
        "UnknownReporterError",
        "UnresolvedReferenceError",
    ),
    "machine": ("Machine", "MachineKey"),
    "plugins.hookspecs": ("Attempt", "CommandPlugin", "ReporterPlugin", "ServerPlugin", "hookimpl"),
    "secrets": ("Public", "Secret"),
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
