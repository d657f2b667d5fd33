"""`newsdesk missing`: what a reporter does not hold yet."""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import data, options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@options.files
@options.to
@options.config
@options.workers
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    to: tuple[str, ...],
    choice: "ConfigChoice",
    workers: int | None,
) -> None:
    """List the machines in FILE... that the reporter does not hold yet, one project/name per line.

    Machines are compared by project and name: `verify` from a folder of files compares revisions.
    """
    from newsdesk.cli.work.deliver.missing import run  # noqa: PLC0415  (not for its help)

    data.keep(ctx)
    run(files, to, choice, workers)
