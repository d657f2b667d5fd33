"""A loaded plugin, and the names that it claims."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from newsdesk.contract.suggestions import listed
from newsdesk.exceptions import PluginError
from newsdesk.plugins.hookspecs import CommandPlugin, ReporterPlugin, ServerPlugin


@dataclass(frozen=True)
class LoadedPlugin:
    """A plugin that was loaded, or why it could not be."""

    name: str
    """The name of its entry point."""
    origin: str
    """Its distribution and version."""
    records: tuple[ReporterPlugin, ...] = ()
    """The reporters that it offers."""
    servers: tuple[ServerPlugin, ...] = ()
    """The servers that it brings for tests."""
    commands: tuple[CommandPlugin, ...] = ()
    """The commands that it adds."""
    hooks: tuple[str, ...] = ()
    """The hooks that it implements."""
    error: Exception | None = None
    """Why it is broken."""
    plugin: object = field(default=None, repr=False)
    """The module, or object, with its hooks."""

    @property
    def listens_only(self) -> bool:
        """Whether it has hooks that are called of themselves, and offers nothing to ask for by name."""
        return bool(self.hooks) and not (self.error or self.records or self.servers or self.commands)

    def usable(self) -> Self:
        """Return the plugin.

        Raises:
            PluginError: it is broken.
        """
        if self.error is not None:
            raise PluginError(
                f"the plugin {self.name!r} of {self.origin} is broken: "
                f"{type(self.error).__name__}: {self.error}; fix or uninstall it"
            ) from self.error
        return self

    def record(self, name: str) -> ReporterPlugin:
        """Return the reporter that it offers under its entry point's name; if it is the only one, under any.

        Raises:
            PluginError: there is none.
        """
        for record in self.records:
            if name in record.names or len(self.records) == 1:
                return record
        raise PluginError(
            f"the plugin {self.name!r} of {self.origin} offers no reporter {name!r}; it offers: "
            f"{listed(record.name for record in self.records)}"
        )


def clashes(plugins: Iterable[LoadedPlugin]) -> Mapping[str, list[LoadedPlugin]]:
    """Give the names and aliases that several plugins claim, each with those plugins."""
    claims: dict[str, list[LoadedPlugin]] = {}
    for plugin in plugins:
        for name in {name for record in plugin.records for name in record.names}:
            claims.setdefault(name, []).append(plugin)
    return {name: claiming for name, claiming in sorted(claims.items()) if len(claiming) > 1}


def claims(plugins: Iterable[LoadedPlugin], target: str) -> Iterator[tuple[LoadedPlugin, ReporterPlugin]]:
    """Yield the reporters with a name or alias, each with its plugin."""
    for plugin in plugins:
        for record in plugin.records:
            if target in record.names:
                yield plugin, record


def refuse_clash(target: str, origins: Sequence[str]) -> None:
    """Raise a PluginError if a name has several origins."""
    if len(origins) > 1:
        raise PluginError(
            f"{target!r} is claimed by {len(origins)} plugins: {' and '.join(origins)}; "
            "uninstall all but one, or use the import path of the class"
        )
