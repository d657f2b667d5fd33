"""A definition as a reporter."""

from collections.abc import Mapping, Sequence
from typing import Any

from newsdesk.contract.lifecycle import validate
from newsdesk.contract.parameters.check import check
from newsdesk.contract.parameters.references import is_reference
from newsdesk.contract.parameters.secrecy import secret_texts
from newsdesk.contract.reporter import BaseReporter, rebuilt
from newsdesk.contract.suggestions import listed
from newsdesk.exceptions import DefinitionError
from newsdesk.plugins.definition import Definition, parse
from newsdesk.plugins.registry import Registry
from newsdesk.secrets import mask_error


def build(
    config: str | Mapping[str, Any] | Definition,
    *,
    registry: Registry,
    allow_import_paths: Sequence[str] | None = None,
) -> BaseReporter:
    """Build the reporter that a definition names; see `BaseReporter.from_dict`.

    Raises:
        UnknownReporterError: there is no such reporter.
        DefinitionError: the definition, or a parameter, is wrong.
    """
    definition = config if isinstance(config, Definition) else parse(config)
    if definition.options and not isinstance(config, Definition):
        raise DefinitionError(
            f"{listed(map(repr, definition.options))} beside {definition.target!r} is for a desk; "
            "pass the definition to newsdesk.Desk or newsdesk.report instead"
        )
    cls = registry.find(definition.target, allow_import_paths=allow_import_paths)
    if faults := check(cls, definition.params):
        raise DefinitionError(f"the reporter {definition.target!r} cannot be built", faults)
    try:
        reporter = rebuilt(cls, definition.target, (), definition.params)
        validate_if_known(reporter)
    except (TypeError, ValueError) as error:
        if isinstance(error, DefinitionError):
            raise
        mask_error(error, _secret_texts(cls, definition.params))
        raise DefinitionError(f"the reporter {definition.target!r} cannot be built: {error}") from error
    return reporter


def validate_if_known(reporter: BaseReporter) -> None:
    """Have a reporter check its parameters, unless there are references: those are resolved when it opens.

    Raises:
        DefinitionError: they are not valid.
    """
    if is_reference([*reporter.given_params().values()]):
        return
    try:
        validate(reporter)
    except DefinitionError as error:
        mask_error(error, reporter.secret_values())
        raise


def _secret_texts(cls: type, params: Mapping[str, Any]) -> set[str]:
    return set().union(*(secret_texts(cls, name, value) for name, value in params.items()))
