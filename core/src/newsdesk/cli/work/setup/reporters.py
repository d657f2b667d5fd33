"""What `newsdesk reporters` does."""

import inspect
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import click

from newsdesk.builtin.registry import default_registry
from newsdesk.contract.parameters.arguments import annotations, signature
from newsdesk.contract.parameters.secrecy import Secrecy, masked, secrecy
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import PluginError
from newsdesk.plugins.loaded import LoadedPlugin, clashes
from newsdesk.secrets import MASK, is_secret

_log = logging.getLogger(__name__)


def run(name: str | None) -> None:
    """Run the command."""
    if name is not None:
        _show_parameters(name, default_registry().find(name))
        return
    plugins = default_registry().plugins()
    for plugin in plugins:
        _show_plugin(plugin)
    for clash, claiming in clashes(plugins).items():
        _show_clash(clash, claiming)


def _show_clash(name: str, plugins: Sequence[LoadedPlugin]) -> None:
    claimed = f"{name}: claimed by {' and '.join(plugin.origin for plugin in plugins)}"
    try:
        owner = default_registry().provider(name).origin
    except PluginError:
        click.echo(f"{claimed}; it cannot be used until all but one are uninstalled")
    else:
        click.echo(f"{claimed}; it means the reporter of {owner}, whose name it is")


def _show_plugin(plugin: LoadedPlugin) -> None:
    if plugin.error is not None:
        _log.debug("the plugin %s is broken", plugin.name, exc_info=plugin.error)
        click.echo(f"{plugin.name}: broken: {type(plugin.error).__name__}: {plugin.error}  [{plugin.origin}]")
    for record in plugin.records:
        aliases = f"; also {', '.join(record.aliases)}" if record.aliases else ""
        click.echo(f"{record.name}: {record.summary or record.reporter}  [{plugin.origin}]{aliases}")
    for command in plugin.commands:
        click.echo(f"newsdesk {command.name}: {command.summary or command.command}  [{plugin.origin}]")
    if plugin.listens_only:
        hooks = ", ".join(plugin.hooks)
        click.echo(f"{plugin.name}: no reporter; 'plugins: [{plugin.name}]' uses {hooks}  [{plugin.origin}]")


_STARS: Mapping[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def _show_parameters(name: str, cls: type[BaseReporter]) -> None:
    click.echo(f"{name}: {cls.__module__}.{cls.__qualname__}\n")
    click.echo(inspect.cleandoc(cls.__doc__ or "No documentation."))
    click.echo("\nParameters:" if signature(cls).parameters else "\nNo parameters.")
    for parameter in signature(cls).parameters.values():
        annotation = annotations(cls).get(parameter.name, Any)
        stars = _STARS.get(parameter.kind, "")
        shown = f"{_type(annotation)}{_default(cls, parameter)}"
        if secrecy(cls, parameter.name) is Secrecy.GUESSED:
            shown += "; masked, since its name is that of a secret"
        click.echo(f"  {stars}{parameter.name}: {shown}")


def _type(annotation: Any) -> str:
    if is_secret(annotation):
        return "a secret; use a reference such as ${env:NAME}"
    return (
        annotation.__name__
        if isinstance(annotation, type)
        else str(annotation).replace("typing.", "").replace("Annotated[str, Public]", "str")
    )


def _default(cls: type[BaseReporter], parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return "" if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) else ", required"
    shown = masked(cls, parameter.name, parameter.default)
    return f" = {MASK if shown == MASK else repr(shown)}"
