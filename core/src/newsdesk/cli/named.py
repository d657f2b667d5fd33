"""The reporters that an option names: by a label of the config, or by a definition."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from newsdesk.builtin.registry import default_registry
from newsdesk.config.file import Config
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.delivery.route import Route, routes
from newsdesk.exceptions import DefinitionError, UnknownReporterError
from newsdesk.plugins.definition import is_import_path
from newsdesk.plugins.import_paths import what_to_install

# What means itself in YAML: it is none of YAML's own words, and a number or a date begins otherwise.
_PLAIN = re.compile(
    r"(?-i:null)|(?!(?:null|true|false|yes|no|on|off)\Z)[a-z][a-z0-9_.:-]*[a-z0-9_]", re.IGNORECASE
)
_FORM = "give a label, a name, an import path, or YAML such as '{files: {path: reports}}'"


def named(texts: Iterable[str], config: Config, *, option: str) -> tuple[Route, ...]:
    """Return the reporters that an option names.

    Args:
        texts: Its values: each is a label of the config, or a definition.
        config: The config.
        option: Its name, for messages.

    Raises:
        DefinitionError: One of them cannot be used.
    """
    labels = {route.label: route for route in config.routes}
    # One given twice is meant once: two threads must not share a reporter.
    entries = [
        labels[text] if text in labels else _definition(text, labels, option) for text in dict.fromkeys(texts)
    ]
    return routes(
        entries,
        registry=default_registry(),
        allow_import_paths=config.allow_import_paths,
        has_outbox=config.outbox is not None,
    )


def _definition(text: str, labels: Collection[str], option: str) -> Any:
    entry = text if _PLAIN.fullmatch(text) else read_definition(text, option)
    if entry is None and text.strip() != "null":  # an unset variable of a shell must not mean nowhere
        raise DefinitionError(f"{option} {text!r} is empty; {_FORM}")
    if labels and isinstance(entry, str) and not is_import_path(entry):
        _refuse_unknown(entry, labels, option)
    return entry


def read_definition(text: str, option: str) -> Any:
    """Return the entry that a text of YAML is.

    Raises:
        DefinitionError: It is not YAML.
    """
    import yaml  # noqa: PLC0415  (0.02 s, for more than a name)

    from newsdesk.config.lines import UniqueLoader, reason  # noqa: PLC0415  (the same)

    try:
        return yaml.load(text, UniqueLoader)  # noqa: S506  (a safe one)
    except Exception as error:  # what a tag such as !!bool does not understand raises anything
        raise DefinitionError(f"{option} {text!r} is not a definition ({reason(error)}); {_FORM}") from error


def _refuse_unknown(name: str, labels: Collection[str], option: str) -> None:
    registry = default_registry()
    if registry.owner(name) is None:
        names = registry.names()
        raise UnknownReporterError(
            f"{option} {name!r} is not a label of the config or an installed reporter"
            f"{did_you_mean(name, [*labels, *names])}; labels: {listed(labels)}; installed: {listed(names)}"
            f"{what_to_install(name)}"
        )
