"""The installed plugins and their reporters: do they load, and follow the contract?"""

import logging
from collections.abc import Iterator, Sequence
from subprocess import SubprocessError

from newsdesk.contract.finding import Finding
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.route import Route
from newsdesk.doctor.imports import imported_packages
from newsdesk.exceptions import DefinitionError, PluginError
from newsdesk.plugins.building import build
from newsdesk.plugins.hookspecs import ReporterPlugin
from newsdesk.plugins.loaded import LoadedPlugin, clashes
from newsdesk.plugins.registry import Registry
from newsdesk.testing.inspection import value

_log = logging.getLogger(__name__)

_REPORT = "report it to its author; newsdesk.testing.ReporterContract, the conformance kit, fails too"


def findings(registry: Registry, routes: Sequence[Route]) -> Iterator[Finding]:
    """Check every plugin and every reporter, those of the config with their parameters."""
    plugins = registry.plugins()
    known: set[type[BaseReporter]] = set()
    for plugin in plugins:
        if plugin.error is not None:
            yield _broken(plugin)
        if plugin.listens_only:
            text = f"loads; has no reporter, and is used if a config has 'plugins: [{plugin.name}]'"
            yield Finding(f"{text}  [{plugin.origin}]", subject=plugin.name)
        for record in plugin.records:
            yield from _of_record(registry, plugin, record, routes, known)
    for name, claiming in clashes(plugins).items():
        yield _clash(registry, name, claiming)
    yield from _imports()
    for route in routes:
        if type(route.reporter) not in known:
            yield from _contract(route.label, route.reporter, type(route.reporter).__module__)


def _broken(plugin: LoadedPlugin) -> Finding:
    _log.debug("the plugin of %s is broken", plugin.origin, exc_info=plugin.error)
    text = f"the plugin of {plugin.origin} is broken: {type(plugin.error).__name__}: {plugin.error}"
    return Finding(text, f"fix it, or pip uninstall {plugin.origin.rpartition(' ')[0]}", subject=plugin.name)


def _clash(registry: Registry, name: str, claiming: Sequence[LoadedPlugin]) -> Finding:
    try:
        owner = registry.provider(name).origin
    except PluginError as error:
        return Finding.of_message(str(error), "uninstall all but one", subject=name)
    claimed = " and ".join(plugin.origin for plugin in claiming)
    return Finding(f"claimed by {claimed}; it means the reporter of {owner}, whose name it is", subject=name)


def _of_record(
    registry: Registry,
    plugin: LoadedPlugin,
    record: ReporterPlugin,
    routes: Sequence[Route],
    known: set[type[BaseReporter]],
) -> Iterator[Finding]:
    """Check a reporter, and add its class to `known`."""
    try:
        if registry.owner(record.name) != record:
            return  # another plugin has the name, which is reported as a clash
    except PluginError:  # the same, or its plugin is broken
        return
    try:
        cls = registry.find(record.name)
    except DefinitionError as error:
        yield Finding(str(error), f"fix {plugin.origin}, or install what it needs", subject=record.name)
        return
    known.add(cls)
    configured = [route.reporter for route in routes if type(route.reporter) is cls]
    try:
        reporter = configured[0] if configured else build(record.name, registry=registry)
    except DefinitionError:
        text = "loads; needs parameters, so it is checked further if a config has it"
        yield Finding(f"{text}  [{plugin.origin}]", subject=record.name)
    except Exception as error:  # noqa: BLE001  (a stranger's code: it must harm no other check)
        _log.debug("building the reporter %s failed", record.name, exc_info=error)
        yield Finding(f"building it raises {type(error).__name__}: {error}", _REPORT, subject=record.name)
    else:
        yield from _contract(record.name, reporter, plugin.origin)


def _contract(subject: str, reporter: BaseReporter, origin: str) -> Iterator[Finding]:
    faults = [fault for check in value.CHECKS if (fault := _fault(check, reporter))]
    for fault in faults:
        yield Finding(fault, _REPORT, subject=subject)
    if not faults:
        yield Finding(f"loads and follows the contract  [{origin}]", subject=subject)


def _fault(check: value.Check, reporter: BaseReporter) -> str:
    try:
        return check(reporter)
    except Exception as error:  # noqa: BLE001  (the same)
        _log.debug("the check %s failed", check.__name__, exc_info=error)
        return f"the check {check.__name__} failed: {type(error).__name__}: {error}"


def _imports() -> Iterator[Finding]:
    try:
        others = imported_packages()
    except (PluginError, SubprocessError) as error:
        text = f"their imports are unknown: {error}"
        yield Finding(text, "import them one by one, and uninstall the one that fails", subject="plugins")
        return
    for name, packages in others.items():
        if packages:
            text = f"its plugin module imports {', '.join(packages)}, which slows down every command"
            yield Finding(text, "report it to its author: naming the class as text avoids that", subject=name)
