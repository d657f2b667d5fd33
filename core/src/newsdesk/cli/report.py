"""`newsdesk report`: deliver machines."""

from collections.abc import Iterator

import click

from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.receipts import Summary
from newsdesk.receipt import Receipt


@click.command()
@options.files
@options.to
@options.config
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    to: tuple[str, ...],
    config_path: str | None,
    as_json: bool,  # noqa: FBT001  (click's signature)
) -> None:
    """Deliver the machines in FILE...: JSON, JSON Lines or YAML; a folder, a pattern, or - for standard input.

    Without --to and without a config each machine goes to its own runtime.reporters.

    All input is checked before anything is sent. Exit code: 0 all delivered; 1 a required reporter failed; 2 wrong usage,
    config or input; 3 only best-effort reporters failed.
    """
    inputs, desks = Inputs(files), Desks(config_path, to)
    count = inputs.check()
    for machine in inputs:
        desks.of(machine)  # a definition that cannot be used ends it here, before anything is sent
    summary = Summary(as_json=as_json)
    try:
        for receipt in summary.shown(_receipts(inputs, desks), machines=count):
            summary.add(receipt)
    finally:
        desks.close()
    summary.finish()
    ctx.exit(summary.exit_code)


def _receipts(inputs: Inputs, desks: Desks) -> Iterator[list[Receipt]]:
    for machine in inputs:
        yield list(desks.of(machine).report_many([machine]))
