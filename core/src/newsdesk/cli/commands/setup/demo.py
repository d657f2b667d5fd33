"""`newsdesk demo`: sample machines in local stores."""

from pathlib import Path

import click


@click.command()
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), default="newsdesk-demo", required=False
)
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Report sample machines to local stores in FOLDER, by default newsdesk-demo.

    Two builds of twelve made-up machines go to every installed reporter that needs no server: a folder of
    files, and with their plugins a local MLflow store and a private PostgreSQL. The second build of one
    machine is worse.

    Exit code: 0 all delivered; 1 the folder cannot be written to; 2 wrong usage, or it is not empty; 3 a
    plugin's store failed.
    """
    from newsdesk.cli.work.setup.demo import run  # noqa: PLC0415  (not for its help)

    ctx.exit(run(folder))
