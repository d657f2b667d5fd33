"""`newsdesk backfill`: deliver to a reporter that was added later."""

import click

from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.cli.holdings import not_held
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.receipts.summary import show
from newsdesk.delivery.job import CHUNK_SIZE


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
    """Deliver the machines in FILE... that the reporter does not hold yet.

    Machines are compared by project and name. Exit codes are those of report.
    """
    inputs, desks = Inputs(files), Desks(config_path, to)
    count = inputs.check()
    desks.only_route()
    with desks.config.desk() as desk:
        # In whole chunks, since files keep nobody waiting: then a stop finds more of them taken.
        receipts = desk.report_many(not_held(inputs, desk), chunk_size=CHUNK_SIZE)
        code = show(receipts, machines=count, as_json=as_json)
    ctx.exit(code)
