"""`newsdesk check`: is the config valid, and do its backends respond?"""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@options.config
@options.ping
@click.pass_context
def command(ctx: click.Context, choice: "ConfigChoice", ping: bool) -> None:  # noqa: FBT001  (click's signature)
    """Check the config without sending anything.

    Prints the config as it is used: with defaults, secrets masked, and where each value is from; with --ping,
    what the backends answer. Also reports references that do not resolve or are misspelled, problems that
    plugins find, and errors in other environments than that of --env.

    Exit code: 0 no problems; 1 a required reporter cannot be used; 2 the config has errors (without --env in
    any environment), or the outbox cannot be written; 3 only best-effort reporters cannot be used.
    """
    from newsdesk.cli.work.setup.check import run  # noqa: PLC0415  (not for its help)

    ctx.exit(run(choice, ping=ping))
