"""The installed plugins, and the reporter classes behind names, aliases and import paths."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pluggy

from newsdesk.contract.receipt import Receipt
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.exceptions import DefinitionError, PluginError, UnknownReporterError
from newsdesk.machine import Machine
from newsdesk.plugins import commands, entry_points
from newsdesk.plugins.definition import is_allowed, is_import_path
from newsdesk.plugins.entry_points import Entry
from newsdesk.plugins.hookspecs import Attempt, CommandPlugin, HookSpecs, ReporterPlugin, ServerPlugin
from newsdesk.plugins.import_paths import reporter_at, reporter_class, what_to_install
from newsdesk.plugins.listener import GRACE, PATIENCE, Listener
from newsdesk.plugins.loaded import LoadedPlugin, claims, refuse_clash
from newsdesk.worker import ForkLock

if TYPE_CHECKING:
    from newsdesk.plugins.around import Around

T = TypeVar("T")


class Registry:
    """Finds reporter classes; loads no more plugins than it must.

    A plugin that is broken, or that claims another's name, affects only requests for it.
    """

    def __init__(self) -> None:
        self._pluggy = pluggy.PluginManager("newsdesk")
        self._pluggy.add_hookspecs(HookSpecs)
        self._plugins: dict[Any, LoadedPlugin] = {}
        self._given: list[LoadedPlugin] = []
        self._in_use: set[str] = set()
        self._listeners: dict[str, Listener] = {}
        self._loading = ForkLock()

    def register(
        self, plugin: object, *, name: str, origin: str = "registered by the program"
    ) -> LoadedPlugin:
        """Take a plugin that is not installed as an entry point.

        Raises:
            PluginError: it cannot be used.
        """
        loaded = self._register(plugin, name, origin)
        if loaded.error is not None:
            raise PluginError(f"the plugin {name!r} cannot be used: {loaded.error}") from loaded.error
        self._plugins[name, origin] = loaded
        self._given.append(loaded)
        self._use(loaded)
        return loaded

    def tell(self, receipt: Receipt, within: float = PATIENCE) -> None:
        """Give a receipt to the plugins in use that listen; one that fails or hangs is logged.

        Args:
            receipt: The receipt.
            within: Seconds to wait for all of them; each that hangs gets a short moment of its own.
        """
        until = time.monotonic() + within
        for implementation in self._implementations("newsdesk_receipt"):
            seconds = max(GRACE, until - time.monotonic())
            take = partial(_call, implementation, receipt=receipt)
            self._listener(implementation).call(receipt, take, seconds)

    def around(
        self, machine: Machine, label: str, number: int, until: Callable[[], float]
    ) -> "Around | None":
        """Give what the plugins in use do around an attempt, which is not begun; None where they do nothing.

        Args:
            machine: What is delivered.
            label: The reporter's label.
            number: Which attempt it is.
            until: Gives `time.monotonic()` at the deadline.
        """
        implementations = self._implementations("newsdesk_attempt")
        if not implementations:
            return None
        from newsdesk.plugins.around import Around  # noqa: PLC0415  (only where a plugin listens)

        plugins = [
            (self._listener(implementation), partial(_attempt, implementation))
            for implementation in implementations
        ]
        return Around(Attempt(machine.key, machine.revision, label, number), plugins, until)

    def load(self, name: str) -> None:
        """Load the plugin of an entry point, for its hooks.

        Raises:
            UnknownReporterError: no such entry point.
            PluginError: it is broken, or there are two of that name.
        """
        entries = entry_points.installed().get(name, ())
        if not entries:
            names = sorted(entry_points.installed())
            raise UnknownReporterError(
                f"no plugin {name!r} is installed{did_you_mean(name, names)}; there are: {listed(names)}"
                f"{what_to_install(name)}"
            )
        refuse_clash(name, [entry.origin for entry in entries])
        self._use(self._load(entries[0]).usable())

    def find(self, target: str, *, allow_import_paths: Sequence[str] | None = None) -> type[BaseReporter]:
        """Return the class behind a name, an alias or an import path; its plugin is in use from then on.

        Raises:
            UnknownReporterError: there is none; says what exists, the nearest match and what to install.
            PluginError: its plugin is broken, or two plugins claim the name.
            DefinitionError: the import path is not allowed, or is not that of a reporter.
        """
        found = self._owner(target)
        if found is not None:
            plugin, record = found
            self._use(plugin)
            return self._class_of(record)
        if not is_import_path(target):
            raise UnknownReporterError(self._unknown(target))
        if not is_allowed(target, allow_import_paths):
            raise DefinitionError(
                f"the import path {target!r} is not allowed here; "
                f"allowed are: {listed(allow_import_paths or ())}"
            )
        return reporter_at(target)

    def plugins(self) -> list[LoadedPlugin]:
        """Load every installed plugin and give them all, broken ones too, with the built-ins first."""
        self._load_all()
        return self._loaded

    def names(self) -> list[str]:
        """Give the name of every reporter that can be asked for; loads every plugin."""
        return sorted({record.name for plugin in self.plugins() for record in plugin.records})

    def owner(self, target: str) -> ReporterPlugin | None:
        """Give the record that answers to a name or an alias, if one does.

        The name of an entry point, and that of a reporter that was registered, are known without loading
        anything, and go before aliases. For all else every plugin is loaded: who answers must not depend on
        what somebody has asked for before.

        Raises:
            PluginError: its plugin is broken, or two plugins claim it.
        """
        found = self._owner(target)
        return None if found is None else found[1]

    def command(self, name: str) -> tuple[LoadedPlugin, CommandPlugin] | None:
        """Return the command of a name, and its plugin, if one adds it.

        The plugin whose entry point has that name is asked first; only if it has none are all loaded.

        Raises:
            PluginError: several plugins add it.
        """
        named = [self._load(entry) for entry in entry_points.installed().get(name, ())]
        return commands.find(name, named) or commands.find(name, self.plugins())

    def claiming(self, target: str) -> list[LoadedPlugin]:
        """Give every plugin that offers a reporter of that name or alias; loads every plugin."""
        return list({id(plugin): plugin for plugin, _ in claims(self.plugins(), target)}.values())

    def provider(self, target: str) -> LoadedPlugin:
        """Give the plugin whose reporter answers to a name or an alias.

        Raises:
            UnknownReporterError: there is none.
            PluginError: its plugin is broken, or two plugins claim it.
        """
        record = self.owner(target)
        found = [plugin for plugin in self._loaded if record in plugin.records]
        if not found:
            raise UnknownReporterError(self._unknown(target))
        return found[0]

    def _owner(self, target: str) -> tuple[LoadedPlugin, ReporterPlugin] | None:
        """Give what `owner` does, with its plugin."""
        entries = entry_points.installed().get(target, ())
        origins = [entry.origin for entry in entries]
        given = [
            (plugin, record)
            for plugin, record in claims(self._given, target)
            if record.name == target and plugin.origin not in origins
        ]
        refuse_clash(target, [*(plugin.origin for plugin, _ in given), *origins])
        if entries:
            plugin = self._load(entries[0]).usable()
            return plugin, plugin.record(target)
        found = given or list(claims(self.plugins(), target))
        refuse_clash(target, [plugin.origin for plugin, _ in found])
        return found[0] if found else None

    def _use(self, loaded: LoadedPlugin) -> None:
        """Let a plugin's hooks be called: it is listed, registered, or its reporter was asked for.

        Others are loaded to learn which names they answer to, and must do nothing for that.
        """
        self._in_use.add(self._pluggy.get_name(loaded.plugin) or "")

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """Give what the plugins in use implement of a hook."""
        found = getattr(self._pluggy.hook, hook).get_hookimpls()
        return [implementation for implementation in found if implementation.plugin_name in self._in_use]

    @property
    def _loaded(self) -> list[LoadedPlugin]:
        """What was loaded so far; once, also where several entry points lead to the same module."""
        return list({id(plugin): plugin for plugin in tuple(self._plugins.values())}.values())

    def _load_all(self) -> None:
        for entries in entry_points.installed().values():
            for entry in entries:
                self._load(entry)

    def _load(self, entry: Entry) -> LoadedPlugin:
        key = (entry.name, entry.origin)
        with self._loading.held:
            if key not in self._plugins:
                self._plugins[key] = self._import(entry)
            return self._plugins[key]

    def _import(self, entry: Entry) -> LoadedPlugin:
        try:
            plugin = entry.load()
        except Exception as error:  # noqa: BLE001  (a plugin's module may raise anything)
            return LoadedPlugin(entry.name, entry.origin, error=error)
        except SystemExit as error:
            why = PluginError(f"it ends the program when it is imported, with {error.code!r}")
            return LoadedPlugin(entry.name, entry.origin, error=why)
        same = (loaded for loaded in self._loaded if loaded.plugin is plugin)
        return next(same, None) or self._register(plugin, entry.name, entry.origin)

    def _register(self, plugin: object, name: str, origin: str) -> LoadedPlugin:
        if self._pluggy.is_registered(plugin):
            return LoadedPlugin(name, origin, error=PluginError("it is registered already"), plugin=plugin)
        try:
            self._pluggy.register(plugin, name=f"{name} of {origin}")
            self._pluggy.check_pending()
            records = tuple(self._records(plugin, "newsdesk_reporters", ReporterPlugin))
            servers = tuple(self._records(plugin, "newsdesk_servers", ServerPlugin))
            added = tuple(self._records(plugin, "newsdesk_commands", CommandPlugin))
        except Exception as error:  # noqa: BLE001  (the same)
            if self._pluggy.is_registered(plugin):
                self._pluggy.unregister(plugin)
            return LoadedPlugin(name, origin, error=error, plugin=plugin)
        hooks = tuple(sorted(caller.name for caller in self._pluggy.get_hookcallers(plugin) or ()))
        return LoadedPlugin(name, origin, records, servers, added, hooks, plugin=plugin)

    def _records(self, plugin: object, hook: str, kind: type[T]) -> Iterator[T]:
        for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
            if implementation.plugin is plugin:
                for record in cast("Iterable[Any]", implementation.function()):
                    if not isinstance(record, kind):
                        raise PluginError(f"{hook}() must yield {kind.__name__} records, but gave {record!r}")
                    yield record

    def _listener(self, implementation: pluggy.HookImpl) -> Listener:
        name = implementation.plugin_name
        if name not in self._listeners:
            # At once: of two threads that come first together, both use one listener.
            self._listeners.setdefault(name, Listener(name))
        return self._listeners[name]

    def _class_of(self, record: ReporterPlugin) -> type[BaseReporter]:
        if isinstance(record.reporter, type):
            return reporter_class(record.reporter, record.name)
        try:
            return reporter_at(record.reporter)
        except DefinitionError as error:
            raise PluginError(f"the reporter {record.name!r} cannot be used: {error}") from error

    def _unknown(self, target: str) -> str:
        names = self.names()
        meant = did_you_mean(target, names)
        broken = [f"{p.name!r} of {p.origin} ({p.error})" for p in self._loaded if p.error is not None]
        return "".join(
            [
                f"there is no reporter {target!r}{meant}; installed are: {listed(names)}",
                f"; broken plugins: {listed(broken)}" if broken else "",
                what_to_install(target),
            ]
        )


def _call(implementation: pluggy.HookImpl, **arguments: Any) -> Any:
    """Call an implementation with those of a hook's arguments that it takes."""
    return implementation.function(**{name: arguments[name] for name in implementation.argnames})


def _attempt(implementation: pluggy.HookImpl, attempt: Attempt) -> Any:
    return _call(implementation, attempt=attempt)
