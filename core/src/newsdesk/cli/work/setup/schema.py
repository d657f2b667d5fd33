"""What `newsdesk schema` does."""

import json

import click

from newsdesk.builtin.registry import default_registry
from newsdesk.cli import data
from newsdesk.config.schema import config_schema, offers


def run() -> None:
    """Run the command."""
    offered, faults = offers(default_registry())
    for fault in faults:
        click.echo(f"omitted: {fault}", err=True)
    data.echo(json.dumps(config_schema(offered), indent=2))
