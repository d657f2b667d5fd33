"""The config and its references: found, right, resolving?"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from newsdesk.config.file import DEFAULT_NAME, Config, found
from newsdesk.contract.finding import Finding
from newsdesk.contract.lifecycle import resolved_arguments
from newsdesk.contract.references import has_reference, looks_like_one
from newsdesk.delivery.route import Route
from newsdesk.exceptions import DefinitionError, Fault, UnresolvedReferenceError
from newsdesk.plugins.registry import Registry

SUBJECT = "config"


def read(path: str | None, registry: Registry) -> tuple[Config, list[Finding]]:
    """Read the config that the other commands would use; one that cannot be used counts as an empty one."""
    name = found(path)
    if name is None:
        text = f"there is no {DEFAULT_NAME} in {Path.cwd()}: machines name their own reporters"
        return Config(), [Finding(SUBJECT, text)]
    try:
        config = Config.read(name, registry=registry)
    except DefinitionError as error:
        faults = error.faults or [Fault("", error.message)]
        return Config(), [Finding(SUBJECT, str(fault), f"mend {name}") for fault in faults]
    labels = ", ".join(route.label for route in config.routes)
    told = Finding(SUBJECT, f"{name} is right, with the reporters: {labels or 'none, so machines name them'}")
    wrong = [fault for plugin in config.plugins if (fault := _fault(registry, plugin, name))]
    return (replace(config, plugins=()) if wrong else config), [told, *wrong]


def references(route: Route) -> Iterator[Finding]:
    """Tell whether the references of a reporter point to something, and never to what."""
    for name, value in route.reporter.arguments.given.items():
        if looks_like_one(value):
            text = f"{name}: it holds '${{', but no reference, and is taken as it is"
            yield Finding(route.label, f"{text}; references are ${{env:NAME}} and ${{file:PATH}}")
    try:
        resolved_arguments(route.reporter)
    except UnresolvedReferenceError as error:
        for fault in error.faults:
            yield Finding.of_message(route.label, str(fault), "mend what it points to")
    else:
        if has_reference(list(route.reporter.arguments.given.values())):
            yield Finding(route.label, "its references resolve")


def _fault(registry: Registry, plugin: str, name: str) -> Finding | None:
    try:
        registry.load(plugin)
    except DefinitionError as error:
        return Finding(SUBJECT, f"plugins: {error}", f"mend {name}, or install the plugin")
    return None
