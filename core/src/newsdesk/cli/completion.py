"""What a shell may complete: the labels of the config, and the names of reporters and servers.

Nothing is contacted, and what cannot be read completes nothing.
"""

import contextlib
from collections.abc import Iterable

import click


def labels(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Give the labels of the config's reporters, for an option that takes a definition."""
    found = _labels(ctx)
    return _beginning_with(incomplete, found or _names())


def names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Give the names of the installed reporters."""
    return _beginning_with(incomplete, _names())


def servers(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Give the names of the servers that plugins bring."""
    from newsdesk.builtin.registry import default_registry  # noqa: PLC0415  (only while a shell completes)

    plugins = default_registry().plugins()
    return _beginning_with(incomplete, [server.name for plugin in plugins for server in plugin.servers])


def environments(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Give the environments of the config."""
    from newsdesk.config.choice import ConfigChoice  # noqa: PLC0415  (only while a shell completes)
    from newsdesk.config.document import Document  # noqa: PLC0415  (the same)
    from newsdesk.config.effective import names  # noqa: PLC0415  (the same)

    with contextlib.suppress(Exception):
        if (path := ConfigChoice(ctx.params.get("config_path")).found()) is not None:
            return _beginning_with(incomplete, names(Document.read(path)))
    return []


def _labels(ctx: click.Context) -> list[str]:
    from newsdesk.config.choice import ConfigChoice  # noqa: PLC0415  (only while a shell completes)

    with contextlib.suppress(Exception):
        choice = ConfigChoice(ctx.params.get("config_path"), ctx.params.get("env"))
        return [route.label for route in choice.config().routes]
    return []


def _names() -> list[str]:
    from newsdesk.builtin.registry import default_registry  # noqa: PLC0415  (only while a shell completes)

    return default_registry().names()


def _beginning_with(incomplete: str, words: Iterable[str]) -> list[str]:
    return sorted(word for word in words if word.startswith(incomplete))
