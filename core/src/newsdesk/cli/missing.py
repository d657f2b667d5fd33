"""`newsdesk missing`: what a reporter does not hold yet."""

import click

from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.cli.holdings import not_held
from newsdesk.cli.inputs import Inputs


@click.command()
@options.files
@options.to
@options.config
def command(files: tuple[str, ...], to: tuple[str, ...], config_path: str | None) -> None:
    """List those of the machines in FILE... that the reporter does not hold, one project/name on a line."""
    inputs, desks = Inputs(files), Desks(config_path, to)
    inputs.check()
    desks.only_route()
    with desks.config.desk() as desk:
        for machine in not_held(inputs, desk):
            click.echo(str(machine.key))
