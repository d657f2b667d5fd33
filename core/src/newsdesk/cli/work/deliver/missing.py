"""What `newsdesk missing` does."""

from contextlib import closing

from newsdesk.builtin.display import shown
from newsdesk.cli import data
from newsdesk.cli.desks import Desks
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.transfer.endpoint import Endpoint
from newsdesk.cli.transfer.holdings import not_held
from newsdesk.config.choice import ConfigChoice


def run(files: tuple[str, ...], to: tuple[str, ...], choice: ConfigChoice, workers: int | None) -> None:
    """Run the command."""
    inputs, desks = Inputs(files), Desks(choice, to)
    inputs.check()
    with closing(Endpoint.of(desks.config, desks.only_route())) as target:
        for machine in not_held(inputs, target, workers or 1):
            data.echo(shown(str(machine.key), "utf-8"))  # one line, whatever the name holds
