"""`newsdesk servers`: servers to try a reporter with."""

from pathlib import Path

import click

from newsdesk.cli import completion


@click.command()
@click.argument("name", required=False, shell_complete=completion.servers)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the server keeps its data; by default NAME-server here. Created if it does not exist.",
)
def command(name: str | None, folder: Path | None) -> None:
    """List the servers that plugins bring for tests, or with NAME run one until Ctrl-C.

    Its URL is printed when it answers. The same folder gives it the same data again, to try an outage.

    Exit code: 0 listed; 1 the server does not start, or is not installed; 2 wrong usage; 130 ended by Ctrl-C.
    """
    from newsdesk.cli.work.setup.servers import run  # noqa: PLC0415  (not for its help)

    run(name, folder)
