"""`newsdesk missing`: what a reporter does not hold yet."""

import click

from newsdesk.cli import data, options
from newsdesk.cli.desks import Desks
from newsdesk.cli.holdings import not_held
from newsdesk.cli.inputs import Inputs


@click.command()
@options.files
@options.to
@options.config
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], to: tuple[str, ...], config_path: str | None) -> None:
    """List the machines in FILE... that the reporter does not hold yet, one project/name per line."""
    data.keep(ctx)
    inputs, desks = Inputs(files), Desks(config_path, to)
    inputs.check()
    desks.only_route()
    with desks.config.desk() as desk:
        for machine in not_held(inputs, desk):
            data.echo(str(machine.key))
