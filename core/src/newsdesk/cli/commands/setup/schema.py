"""`newsdesk schema`: the config's JSON Schema."""

import click

from newsdesk.cli import data


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the JSON Schema of a config, with the installed reporters, for editors."""
    from newsdesk.cli.work.setup.schema import run  # noqa: PLC0415  (not for its help)

    data.keep(ctx)
    run()
