"""`newsdesk missing`: what a reporter does not hold yet."""

import click

from newsdesk.cli import data, options


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
    config_path: str | None,
    workers: int | None,
) -> None:
    """List the machines in FILE... that the reporter does not hold yet, one project/name per line.

    Machines are compared by project and name: `verify` from a folder of files compares revisions.
    """
    from newsdesk.cli.work.deliver.missing import run  # noqa: PLC0415  (not for its help)

    data.keep(ctx)
    run(files, to, config_path, workers)
