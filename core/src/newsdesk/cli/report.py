"""`newsdesk report`: deliver machines."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click

from newsdesk.bulk import CHUNK_SIZE
from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.cli.executors import executor
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.receipts import Summary
from newsdesk.receipt import Receipt

if TYPE_CHECKING:
    from concurrent.futures import Executor


@click.command()
@options.files
@options.to
@options.config
@options.as_json
@click.option("--workers", type=click.IntRange(min=1), help="Deliver with this many threads; 1 by default.")
@click.option(
    "--dask", metavar="ADDRESS", help="Deliver with the workers of a Dask scheduler, such as tcp://host:8786."
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

    A FILE may be a folder, a pattern, or - for standard input. Without --to and without a config each machine
    goes to its own runtime.reporters.

    All input is checked before anything is sent. Exit code: 0 all delivered; 1 a required reporter failed; 2
    wrong usage, config or input; 3 only best-effort reporters failed.
    """
    inputs, desks = Inputs(files), Desks(config_path, to)
    count = inputs.check()
    if not count:
        click.echo("The input holds no machines.", err=True)
    for machine in inputs:
        desks.of(machine)  # a definition that cannot be used ends it here, before anything is sent
    summary = Summary(as_json=as_json)
    with executor(workers, dask) as pool:
        try:
            for receipt in summary.shown(
                _receipts(inputs, desks, pool, _chunk_size(count, workers)), machines=count
            ):
                summary.add(receipt)
        finally:
            desks.close()
            summary.finish()  # also of what was delivered before Ctrl-C
    ctx.exit(summary.exit_code)


def _receipts(inputs: Inputs, desks: Desks, pool: "Executor | None", chunk_size: int) -> Iterator[Receipt]:
    """Give the receipts of each run of machines that go to the same desk."""
    for desk, machines in groupby(inputs, desks.of):
        yield from desk.report_many(machines, pool, chunk_size=chunk_size)


def _chunk_size(machines: int, workers: int | None) -> int:
    """Give each worker several chunks, so that none is idle while another has much left."""
    return CHUNK_SIZE if workers is None else max(1, min(CHUNK_SIZE, machines // (4 * workers)))
