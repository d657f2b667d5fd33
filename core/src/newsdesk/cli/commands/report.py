"""`newsdesk report`: deliver machines."""

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby

import click

from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.cli.executors import Pool, open_pool
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.receipts.summary import show
from newsdesk.contract.receipt import Receipt
from newsdesk.delivery.job import CHUNK_SIZE


@click.command()
@options.files
@options.to
@options.config
@options.as_json
@click.option("--workers", type=click.IntRange(min=1), help="Number of threads; 1 by default.")
@click.option(
    "--dask", metavar="ADDRESS", help="Use the workers of this Dask scheduler, such as tcp://host:8786."
)
@click.pass_context
def command(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    files: tuple[str, ...],
    to: tuple[str, ...],
    config_path: str | None,
    as_json: bool,  # noqa: FBT001  (click's signature)
    workers: int | None,
    dask: str | None,
) -> None:
    """Deliver the machines in FILE...: JSON, JSON Lines or YAML.

    FILE is a file, a folder, a pattern, or - for standard input. Without --to and without a config, each
    machine goes to its own runtime.reporters. All input is checked before anything is sent.

    Exit code: 0 all delivered, or in the outbox where that is enough; 1 a required reporter failed; 2 wrong
    usage, config or input; 3 only best-effort reporters failed; 130 stopped by Ctrl-C, 143 by SIGTERM: what
    was begun and not delivered is in the outbox.
    """
    inputs, desks = Inputs(files), Desks(config_path, to)
    count = inputs.check()
    if not count:
        click.echo("The input has no machines.", err=True)
    for machine in inputs:
        desks.of(machine)  # raises if a definition is not valid, before anything is sent
    with open_pool(workers, dask) as pool, closing(desks):
        code = show(_receipts(inputs, desks, pool, count), machines=count, as_json=as_json)
    ctx.exit(code)


def _receipts(inputs: Inputs, desks: Desks, pool: Pool, count: int) -> Iterator[Receipt]:
    """Give the receipts; consecutive machines of one desk are delivered together."""
    size = pool.chunk_size(count, CHUNK_SIZE)
    for desk, machines in groupby(inputs, desks.of):
        yield from desk.report_many(machines, pool.executor, chunk_size=size, in_flight=pool.in_flight)
