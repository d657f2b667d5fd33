"""`newsdesk check`: is the config right, and are its backends there?"""

import click

from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.delivery.route import Route
from newsdesk.exceptions import DefinitionError


@click.command()
@options.config
@click.option(
    "--ping",
    is_flag=True,
    help="Open each reporter, which may make what it needs, such as a table, and ask its "
    "backend whether it can be reached.",
)
@click.pass_context
def command(ctx: click.Context, config_path: str | None, ping: bool) -> None:  # noqa: FBT001  (click's signature)
    """Check the config without sending anything.

    Exit code: 0 all is well; 1 a required reporter's backend does not answer; 2 the config cannot be used; 3
    only the backends of best-effort reporters do not answer.
    """
    config = Desks(config_path, ()).config
    if not config.routes:
        raise DefinitionError(
            "no reporters: name a config with --config, or put newsdesk.yaml here with 'reporters' in it"
        )
    desk = config.desk()  # its plugins are loaded, and nothing is opened
    if not ping:
        for route in config.routes:
            click.echo(f"{_name(route)}: {route.reporter!r}")
        return
    with desk:
        answers = desk.ping()
    for route, error in answers:
        click.echo(f"{_name(route)}: {'reached' if error is None else f'{type(error).__name__}: {error}'}")
    failed = [route for route, error in answers if error is not None]
    ctx.exit(1 if any(route.required for route in failed) else 3 if failed else 0)


def _name(route: Route) -> str:
    return route.label if route.required else f"{route.label} (best effort)"
