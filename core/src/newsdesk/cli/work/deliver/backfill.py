"""What `newsdesk backfill` does."""

from newsdesk.cli.desks import Desks
from newsdesk.cli.holdings import not_held
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.receipts.summary import show
from newsdesk.delivery.job import CHUNK_SIZE


def run(files: tuple[str, ...], to: tuple[str, ...], config_path: str | None, *, as_json: bool) -> int:
    """Run the command, and return its exit code."""
    inputs, desks = Inputs(files), Desks(config_path, to)
    count = inputs.check()
    desks.only_route()
    with desks.config.desk() as desk:
        # In whole chunks, since files keep nobody waiting: then a stop finds more of them taken.
        receipts = desk.report_many(not_held(inputs, desk), chunk_size=CHUNK_SIZE)
        return show(receipts, machines=count, as_json=as_json)
