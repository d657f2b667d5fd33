"""What `newsdesk missing` does."""

from newsdesk.cli import data
from newsdesk.cli.desks import Desks
from newsdesk.cli.holdings import not_held
from newsdesk.cli.inputs import Inputs


def run(files: tuple[str, ...], to: tuple[str, ...], config_path: str | None) -> None:
    """Run the command."""
    inputs, desks = Inputs(files), Desks(config_path, to)
    inputs.check()
    desks.only_route()
    with desks.config.desk() as desk:
        for machine in not_held(inputs, desk):
            data.echo(str(machine.key))
