"""`newsdesk copy`: records from one backend to another."""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME or PROJECT/NAME]...")
@options.source
@options.to
@options.project
@options.config
@click.option(
    "--all-revisions", is_flag=True, help="Copy every revision, the oldest first, not the newest alone."
)
@click.option("--overwrite", is_flag=True, help="Replace also what is newer at --to, or may be.")
@options.as_json
@options.workers
@options.dask
@click.pass_context
def command(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    names: tuple[str, ...],
    source: str,
    to: tuple[str, ...],
    project: str | None,
    choice: "ConfigChoice",
    all_revisions: bool,  # noqa: FBT001  (click's signature)
    overwrite: bool,  # noqa: FBT001  (the same)
    as_json: bool,  # noqa: FBT001  (the same)
    workers: int | None,
    dask: str | None,
) -> None:
    """Copy the machines that the reporter of --from holds to that of --to: all, or those named.

    What --to holds in the same revision is not read. Where it holds a newer revision, by the date of the
    build, or else by when each was stored, nothing is overwritten. Run it again after a failure or a stop: it
    continues with what is left.

    Each record that is listed gets a receipt; one that cannot be read, a failed one with the label of --from.
    Exit codes are those of report.
    """
    from newsdesk.cli.work.read.copy import run  # noqa: PLC0415  (not for its help)

    ctx.exit(
        run(
            source,
            to,
            choice,
            names,
            project,
            all_revisions=all_revisions,
            overwrite=overwrite,
            workers=workers,
            dask=dask,
            as_json=as_json,
        )
    )
