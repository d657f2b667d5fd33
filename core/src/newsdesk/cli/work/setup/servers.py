"""What `newsdesk servers` does."""

import time
from collections.abc import Iterator
from pathlib import Path

import click

from newsdesk.builtin.registry import default_registry
from newsdesk.cli.logs import say
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.plugins.hookspecs import ServerPlugin
from newsdesk.plugins.loaded import LoadedPlugin
from newsdesk.testing.servers.server import Server, ServerFailed, ServerMissing

_LONG = 3600.0


def run(name: str | None, folder: Path | None) -> None:
    """Run the command."""
    offers = list(_offers())
    if name is None:
        for plugin, server in offers:
            click.echo(f"{server.name}: {server.serve}  [{plugin.origin}]")
        return
    found = [(plugin, server) for plugin, server in offers if server.name == name]
    if not found:
        names = [server.name for _, server in offers]
        asked = f"{name!r}{did_you_mean(name, names)}"
        raise click.UsageError(f"no installed plugin has a server {asked}; there are: {listed(names)}")
    if len(found) > 1:
        origins = " and ".join(plugin.origin for plugin, _ in found)
        raise click.UsageError(f"the server {name!r} is offered by {origins}; uninstall all but one")
    [(_, offer)] = found
    _serve(offer, folder or Path(f"{name}-server"))


def _offers() -> Iterator[tuple[LoadedPlugin, ServerPlugin]]:
    for plugin in default_registry().plugins():
        for server in plugin.servers:
            yield plugin, server


def _serve(offer: ServerPlugin, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(
            f"cannot create {str(folder)!r}: {error.strerror}; give another --folder"
        ) from error
    try:
        with Server(offer.serve, folder) as server:
            say(f"Running with its data in {folder}; Ctrl-C ends it.")
            click.echo(server.url)  # last: a script that waits for it may end the server at once
            while True:  # until a signal
                time.sleep(_LONG)
    except (ServerMissing, ServerFailed) as error:
        raise click.ClickException(str(error)) from error
