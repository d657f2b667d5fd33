"""How a fresh interpreter finds a reporter: `python -m newsdesk.testing.inspection.discovery NAME PATH`."""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from newsdesk.builtin.registry import new_registry
from newsdesk.exceptions import DefinitionError
from newsdesk.plugins import entry_points
from newsdesk.plugins.entry_points import Entry
from newsdesk.plugins.registry import Registry


def discover(name: str, path: str) -> dict[str, Any]:
    """Find what a name and an import path lead to, and what else importing the plugin imports."""
    others = {
        entry.value: extra_imports(entry) for entry in _entries(name)
    }  # first: before anything is loaded
    registry = new_registry()
    offering = [getattr(plugin.plugin, "__name__", "") for plugin in registry.claiming(name)]
    return {
        "name": _found(registry, name),
        "path": _found(registry, path),
        "modules": offering,
        "others": [other for module in offering for other in others.get(module, [])],
    }


def extra_imports(entry: Entry) -> list[str]:
    """Import a plugin, and give the packages that this imports besides it and the standard library."""
    known = {module.partition(".")[0] for module in sys.modules}
    known |= {*sys.stdlib_module_names, entry.module.partition(".")[0]}
    try:
        importlib.import_module(entry.module)
    except Exception:  # noqa: BLE001  (the registry reports a broken plugin)
        return []
    return sorted({module.partition(".")[0] for module in sys.modules} - known)


def _entries(name: str) -> Iterator[Entry]:
    """Give the plugins, the one of that name first: what another one has imported would not count."""
    installed = [entry for entries in entry_points.installed().values() for entry in entries]
    yield from sorted(installed, key=lambda entry: entry.name != name)


def _found(registry: Registry, target: str) -> str:
    try:
        cls = registry.find(target)
    except DefinitionError as error:
        return str(error)
    return f"{cls.__module__}.{cls.__qualname__}"


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)  # what a plugin prints must not mix with the answer
        json.dump(discover(*sys.argv[1:]), answer)
