"""`newsdesk schema`: the config's JSON Schema."""

import json

import click

from newsdesk.builtin.registry import default_registry
from newsdesk.cli import data
from newsdesk.config.schema import config_schema, offers


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the JSON Schema of a config, with the installed reporters, for editors."""
    data.keep(ctx)
    offered, faults = offers(default_registry())
    for fault in faults:
        click.echo(f"omitted: {fault}", err=True)
    data.echo(json.dumps(config_schema(offered), indent=2))
