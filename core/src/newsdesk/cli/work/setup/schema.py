"""What `newsdesk schema` does."""

import json
import logging

from newsdesk.builtin.registry import default_registry
from newsdesk.cli import data
from newsdesk.cli.logs import say
from newsdesk.config.schema import config_schema, offers


def run() -> None:
    """Run the command."""
    offered, faults = offers(default_registry())
    for fault in faults:
        say(f"omitted: {fault}", logging.WARNING)
    data.echo(json.dumps(config_schema(offered), indent=2))
