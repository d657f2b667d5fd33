"""The registry of this process: the reporters that come with newsdesk, and the installed plugins."""

from functools import lru_cache

from newsdesk.builtin import plugin
from newsdesk.plugins.registry import Registry


def new_registry() -> Registry:
    """Make a registry that knows the built-in reporters, and finds the installed plugins when asked."""
    registry = Registry()
    registry.register(plugin, name="builtin", origin="newsdesk (built in)")
    return registry


@lru_cache(maxsize=1)
def default_registry() -> Registry:
    """Give the registry of this process."""
    return new_registry()
