"""What `newsdesk backfill` does."""

from contextlib import closing

from newsdesk.cli.desks import Desks
from newsdesk.cli.executors import open_pool
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.receipts.summary import show
from newsdesk.cli.transfer.endpoint import Endpoint
from newsdesk.cli.transfer.holdings import not_held
from newsdesk.config.choice import ConfigChoice
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
    count, route = inputs.check(), desks.only_route()
    with (
        open_pool(workers, dask) as pool,
        closing(Endpoint.of(desks.config, route)) as target,
        desks.config.desk() as desk,
    ):
        # In whole chunks, since files keep nobody waiting: then a stop finds more of them taken.
        size = pool.chunk_size(count, CHUNK_SIZE)
        missing = not_held(inputs, target, pool.readers)
        receipts = desk.report_many(missing, pool.executor, chunk_size=size, in_flight=pool.in_flight)
        return show(receipts, machines=count, as_json=as_json)
