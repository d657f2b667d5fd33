"""`newsdesk doctor`: diagnose an installation."""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@options.config
@options.ping
@options.as_json
@click.option(
    "--fix", is_flag=True, help="Fix what can be fixed from here, after asking each time; needs --ping."
)
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.pass_context
def command(  # noqa: PLR0917  (click's signature)
    ctx: click.Context,
    choice: "ConfigChoice",
    ping: bool,  # noqa: FBT001  (the same)
    as_json: bool,  # noqa: FBT001  (the same)
    fix: bool,  # noqa: FBT001  (the same)
    yes: bool,  # noqa: FBT001  (the same)
) -> None:
    """Diagnose an installation and list fixes: versions, plugins, config, references, outbox, limits.

    Sends no machines, and changes nothing without --fix. Exit code: 0 no problems; 1 something to fix; 2
    wrong usage.
    """
    if fix and not ping:
        raise click.UsageError("--fix needs --ping: what can be fixed from here is in the backends")
    if yes and not fix:
        raise click.UsageError("--yes needs --fix")
    if fix and as_json and not yes:
        raise click.UsageError("--json cannot ask; add --yes, or leave out --json")
    from newsdesk.cli.work.setup.doctor import run  # noqa: PLC0415  (not for its help)

    ctx.exit(run(choice, ping=ping, as_json=as_json, fix=fix, yes=yes))
