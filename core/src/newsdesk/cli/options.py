"""Arguments and options that several commands share."""

import click

from newsdesk.cli import data

files = click.argument("files", nargs=-1, required=True, metavar="FILE...")
to = click.option(
    "--to",
    multiple=True,
    metavar="DEFINITION",
    help="Deliver to this reporter instead of the config's: a label of the config, a name, an import path, "
    "or YAML such as '{files: {path: reports}}'. Can be repeated.",
)
config = click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False),
    help="The config file; by default newsdesk.yaml in the working folder, if it exists.",
)
ping = click.option(
    "--ping",
    is_flag=True,
    help="Open each reporter, which may create what it needs, such as a table, and contact its backend; "
    "write to the outbox.",
)
as_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    callback=data.keep_when_asked,
    help="Print JSON Lines to standard output.",
)
