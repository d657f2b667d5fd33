"""The commands that plugins add."""

import importlib
import operator
from collections.abc import Iterable
from typing import Any

from newsdesk.exceptions import PluginError
from newsdesk.plugins.definition import split_import_path
from newsdesk.plugins.hookspecs import CommandPlugin
from newsdesk.plugins.loaded import LoadedPlugin


def find(name: str, plugins: Iterable[LoadedPlugin]) -> tuple[LoadedPlugin, CommandPlugin] | None:
    """Return the command of a name, and its plugin, if one of the plugins adds it.

    Raises:
        PluginError: several do.
    """
    found = [(plugin, record) for plugin in plugins for record in plugin.commands if record.name == name]
    if len(found) > 1:
        origins = " and ".join(plugin.origin for plugin, _ in found)
        raise PluginError(f"the command {name!r} is claimed by {origins}; uninstall all but one")
    return found[0] if found else None


def imported(plugin: LoadedPlugin, record: CommandPlugin) -> Any:
    """Import what a command names.

    Raises:
        PluginError: that fails.
    """
    module, attribute = split_import_path(record.command)
    try:
        return operator.attrgetter(attribute)(importlib.import_module(module))
    except Exception as error:  # a plugin's module may raise anything
        raise PluginError(
            f"the command {record.name!r} of {plugin.origin} cannot be used: "
            f"{type(error).__name__}: {error}; fix or uninstall it"
        ) from error
