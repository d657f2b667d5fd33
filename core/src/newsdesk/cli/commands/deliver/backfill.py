"""`newsdesk backfill`: deliver to a reporter that was added later."""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@options.files
@options.to
@options.config
@options.as_json
@options.workers
@options.dask
@click.pass_context
def command(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    files: tuple[str, ...],
    to: tuple[str, ...],
    choice: "ConfigChoice",
    as_json: bool,  # noqa: FBT001  (click's signature)
    workers: int | None,
    dask: str | None,
) -> None:
    """Deliver the machines in FILE... that the reporter does not hold yet.

    Machines are compared by project and name: `copy` from files compares revisions. Exit codes are those of
    report.
    """
    from newsdesk.cli.work.deliver.backfill import run  # noqa: PLC0415  (not for its help)

    ctx.exit(run(files, to, choice, workers, dask, as_json=as_json))
