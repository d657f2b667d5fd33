"""An import path, or what a plugin names, as a reporter class."""

import importlib
import inspect
import operator
from collections.abc import Mapping
from typing import Any

from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.exceptions import DefinitionError, UnknownReporterError
from newsdesk.plugins.definition import split_import_path

FIRST_PARTY: Mapping[str, str] = {
    "mlflow": "newsdesk-mlflow",
    "azureml": "newsdesk-mlflow",
    "newsdesk_mlflow": "newsdesk-mlflow",
    "gordo.reporters.mlflow.MlFlowReporter": "newsdesk-mlflow",
    "otel": "newsdesk-otel",
    "newsdesk_otel": "newsdesk-otel",
    "pages": "newsdesk-pages",
    "newsdesk_pages": "newsdesk-pages",
    "postgres": "newsdesk-postgres",
    "postgresql": "newsdesk-postgres",
    "newsdesk_postgres": "newsdesk-postgres",
    "gordo.reporters.postgres.PostgresReporter": "newsdesk-postgres",
}
"""What to install for names that are newsdesk's own; a package's name stands for all below it."""


def reporter_at(path: str) -> type[BaseReporter]:
    """Give the reporter class that an import path leads to.

    Raises:
        UnknownReporterError: there is no such module, or no such name in it; says what to install.
        DefinitionError: it cannot be imported, or is not a reporter class.
    """
    return reporter_class(_imported(path), path)


def reporter_class(value: Any, target: str) -> type[BaseReporter]:
    """Return what a target refers to, if that is a concrete reporter class.

    Raises:
        DefinitionError: it is not.
    """
    if not isinstance(value, type) or not issubclass(value, BaseReporter):
        kind = "a class" if isinstance(value, type) else f"of type {type(value).__name__}"
        raise DefinitionError(
            f"{target!r} is {kind}, but not a subclass of newsdesk.BaseReporter; name a reporter class"
        )
    if inspect.isabstract(value):
        missing = listed(sorted(value.__abstractmethods__))
        raise DefinitionError(
            f"{target!r} is abstract: it does not implement {missing}; name a class that does"
        )
    return value


def what_to_install(target: str) -> str:
    """Say what to install for a name that is newsdesk's own; else nothing."""
    names = [target, *(name for name in FIRST_PARTY if target.replace(":", ".").startswith(f"{name}."))]
    distribution = next((FIRST_PARTY[name] for name in names if name in FIRST_PARTY), None)
    return f"; to get it: pip install {distribution}" if distribution else ""


def _imported(path: str) -> Any:
    module_name, attribute = split_import_path(path)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise _failing_import(path, error) from error
        raise UnknownReporterError(
            f"{path!r} names the module {module_name!r}, but there is no module {error.name!r}; "
            f"check the path, and that its distribution is installed{what_to_install(path)}"
        ) from error
    except Exception as error:  # a stranger's module may raise anything when it is imported
        raise _failing_import(path, error) from error
    try:
        return operator.attrgetter(attribute)(module)
    except AttributeError:
        names = [name for name, value in vars(module).items() if _reports(value)]
        raise UnknownReporterError(
            f"the module {module_name!r} has no {attribute!r}{did_you_mean(attribute, names)}; "
            f"its reporters: {listed(names)}"
        ) from None


def _reports(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseReporter) and not inspect.isabstract(value)


def _failing_import(path: str, error: Exception) -> DefinitionError:
    return DefinitionError(f"{path!r} cannot be imported: {type(error).__name__}: {error}")
