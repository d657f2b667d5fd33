"""`newsdesk reporters`: the installed reporters."""

import click

from newsdesk.cli import completion


@click.command()
@click.argument("name", required=False, shell_complete=completion.names)
def command(name: str | None) -> None:
    """List the installed reporters, or with NAME the parameters of one."""
    from newsdesk.cli.work.setup.reporters import run  # noqa: PLC0415  (not for its help)

    run(name)
