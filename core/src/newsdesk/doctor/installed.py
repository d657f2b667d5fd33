"""The installed plugins and their reporters: do they load, and keep the contract, as far as is cheap?"""

from collections.abc import Iterator, Sequence
from subprocess import SubprocessError

from newsdesk.contract.finding import Finding
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.route import Route
from newsdesk.doctor.imports import brought_along
from newsdesk.exceptions import DefinitionError, PluginError
from newsdesk.plugins.building import build
from newsdesk.plugins.hookspecs import ReporterPlugin
from newsdesk.plugins.registry import LoadedPlugin, Registry, clashes
from newsdesk.testing.inspection import value

_TELL = "tell its author; the conformance kit, newsdesk.testing.ReporterContract, shows the same"


def findings(registry: Registry, routes: Sequence[Route]) -> Iterator[Finding]:
    """Look at every plugin and every reporter, those of the config with their own parameters."""
    plugins = registry.plugins()
    known: set[type[BaseReporter]] = set()
    for plugin in plugins:
        if plugin.error is not None:
            yield _broken(plugin)
        for record in plugin.records:
            yield from _of_record(registry, plugin, record, routes, known)
    for name, claiming in clashes(plugins).items():
        yield _clash(registry, name, claiming)
    yield from _imports()
    for route in routes:
        if type(route.reporter) not in known:
            yield from _sound(route.label, route.reporter, type(route.reporter).__module__)


def _broken(plugin: LoadedPlugin) -> Finding:
    text = f"the plugin of {plugin.origin} is broken: {type(plugin.error).__name__}: {plugin.error}"
    return Finding(plugin.name, text, f"mend it, or pip uninstall {plugin.origin.rpartition(' ')[0]}")


def _clash(registry: Registry, name: str, claiming: Sequence[LoadedPlugin]) -> Finding:
    try:
        owner = registry.provider(name).origin
    except PluginError as error:
        return Finding.of_message(name, str(error), "uninstall all but one")
    claimed = " and ".join(plugin.origin for plugin in claiming)
    return Finding(name, f"claimed by {claimed}; it is the name of a reporter of {owner}, which gets it")


def _of_record(
    registry: Registry,
    plugin: LoadedPlugin,
    record: ReporterPlugin,
    routes: Sequence[Route],
    known: set[type[BaseReporter]],
) -> Iterator[Finding]:
    """Look at a reporter, and note its class as known."""
    try:
        if registry.owner(record.name) != record:
            return  # another plugin's has the name, which is told as a clash
    except PluginError:  # so is this, or its plugin is broken
        return
    try:
        cls = registry.find(record.name)
    except DefinitionError as error:
        yield Finding(record.name, str(error), f"mend {plugin.origin}, or install what it lacks")
        return
    known.add(cls)
    configured = [route.reporter for route in routes if type(route.reporter) is cls]
    try:
        reporter = configured[0] if configured else build(record.name, registry=registry)
    except DefinitionError:
        text = "loads, and needs parameters, so it is looked at further where a config has it"
        yield Finding(record.name, f"{text}  [{plugin.origin}]")
    except Exception as error:  # noqa: BLE001  (a stranger's code: it must harm no other check)
        yield Finding(record.name, f"building it raises {type(error).__name__}: {error}", _TELL)
    else:
        yield from _sound(record.name, reporter, plugin.origin)


def _sound(subject: str, reporter: BaseReporter, origin: str) -> Iterator[Finding]:
    faults = [fault for check in value.CHECKS if (fault := _fault(check, reporter))]
    for fault in faults:
        yield Finding(subject, fault, _TELL)
    if not faults:
        yield Finding(subject, f"loads and is sound  [{origin}]")


def _fault(check: value.Check, reporter: BaseReporter) -> str:
    try:
        return check(reporter)
    except Exception as error:  # noqa: BLE001  (the same)
        return f"{check.__name__} cannot be told: {type(error).__name__}: {error}"


def _imports() -> Iterator[Finding]:
    try:
        others = brought_along()
    except (PluginError, SubprocessError) as error:
        text = f"what they import cannot be told: {error}"
        yield Finding("plugins", text, "load them one by one, and uninstall the one that fails")
        return
    for name, packages in others.items():
        if packages:
            text = f"its plugin module imports {', '.join(packages)}, for which every command waits"
            yield Finding(name, text, "tell its author: to name the class as a text is enough")
