"""`newsdesk doctor`: diagnose an installation."""

import click

from newsdesk.cli import options


@click.command()
@options.config
@options.ping
@options.as_json
@click.pass_context
def command(ctx: click.Context, config_path: str | None, ping: bool, as_json: bool) -> None:  # noqa: FBT001  (click's signature)
    """Diagnose an installation and list fixes: versions, plugins, config, references, outbox, limits.

    Sends nothing. Exit code: 0 no problems; 1 something to fix; 2 wrong usage.
    """
    from newsdesk.cli.work.doctor import run  # noqa: PLC0415  (not for its help)

    ctx.exit(run(config_path, ping=ping, as_json=as_json))
