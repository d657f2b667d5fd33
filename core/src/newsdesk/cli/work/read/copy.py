"""What `newsdesk copy` does."""

from collections.abc import Iterator
from contextlib import closing

import click

from newsdesk.cli.executors import open_pool
from newsdesk.cli.logs import say
from newsdesk.cli.receipts.summary import show
from newsdesk.cli.transfer.copying import Copying
from newsdesk.cli.transfer.endpoint import Endpoint, ends
from newsdesk.cli.transfer.holdings import Selection, held_of, owed_of
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.receipt import Receipt


def run(
    from_: str,
    to: tuple[str, ...],
    choice: ConfigChoice,
    names: tuple[str, ...],
    project: str | None,
    *,
    all_revisions: bool,
    overwrite: bool,
    workers: int | None,
    dask: str | None,
    as_json: bool,
) -> int:
    """Run the command, and return its exit code."""
    origin, desks = ends(from_, to, choice)
    route = desks.only_route()
    with (
        open_pool(workers, dask) as pool,
        closing(Endpoint.of(desks.config, origin)) as source,
        closing(Endpoint.of(desks.config, route)) as target,
        desks.config.desk() as desk,
    ):
        selection = Selection(project, names)
        listed = selection.of(source, all_revisions=all_revisions)
        selection.check(listed)
        held = held_of(listed, target, all_revisions=all_revisions)
        owed = {} if desks.config.outbox is None else owed_of(listed, desks.config.outbox, route.label)
        copying = Copying(source, listed, target, held, owed=owed, overwrite=overwrite)
        count = sum(map(len, listed.values()))
        receipts = _counted(copying.receipts(desk, pool), count, source.label)
        return show(receipts, machines=count, as_json=as_json)


def _counted(receipts: Iterator[Receipt], listed: int, label: str) -> Iterator[Receipt]:
    """Yield receipts, and report whether each record that was listed has one.

    Raises:
        click.ClickException: Some have none.
    """
    given = 0
    try:
        for receipt in receipts:
            given += 1
            yield receipt
    finally:
        say(f"{listed} listed at {label}, {given} receipts.")
    if given != listed:
        raise click.ClickException("each record that was listed must have one receipt; run it again")
