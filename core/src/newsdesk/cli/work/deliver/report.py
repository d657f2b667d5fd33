"""What `newsdesk report` does."""

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby

from newsdesk.cli.desks import Desks
from newsdesk.cli.executors import Pool, open_pool
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.logs import say
from newsdesk.cli.receipts.summary import show
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.receipt import Receipt
from newsdesk.delivery.job import CHUNK_SIZE


def run(
    files: tuple[str, ...],
    to: tuple[str, ...],
    choice: ConfigChoice,
    workers: int | None,
    dask: str | None,
    *,
    as_json: bool,
) -> int:
    """Run the command, and return its exit code."""
    inputs, desks = Inputs(files), Desks(choice, to)
    count = inputs.check()
    if not count:
        say("The input has no machines.")
    for machine in inputs:
        desks.of(machine)  # raises if a definition is not valid, before anything is sent
    with open_pool(workers, dask) as pool, closing(desks):
        return show(_receipts(inputs, desks, pool, count), machines=count, as_json=as_json)


def _receipts(inputs: Inputs, desks: Desks, pool: Pool, count: int) -> Iterator[Receipt]:
    """Give the receipts; consecutive machines of one desk are delivered together."""
    size = pool.chunk_size(count, CHUNK_SIZE)
    for desk, machines in groupby(inputs, desks.of):
        yield from desk.report_many(machines, pool.executor, chunk_size=size, in_flight=pool.in_flight)
