"""`newsdesk init`: a first config."""

from pathlib import Path

import click

from newsdesk.cli import completion


@click.command()
@click.option(
    "--to",
    multiple=True,
    metavar="DEFINITION",
    shell_complete=completion.names,
    help="Add this reporter: a name, an import path, or YAML such as '{files: {path: reports}}'. Can be "
    "repeated. By default you are asked, and without a terminal it is files.",
)
@click.option(
    "--outbox",
    metavar="PATH",
    help="Keep records that cannot be delivered in this file, or at s3://bucket/prefix.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="newsdesk.yaml",
    help="The file to write; by default newsdesk.yaml in the working folder.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(to: tuple[str, ...], outbox: str | None, output: Path, force: bool) -> None:  # noqa: FBT001  (click's signature)
    """Write a commented config, from the options or by asking.

    Every other key is in the file as a comment, with its default. Secrets are written as references such as
    ${env:POSTGRES_PASSWORD}. Nothing is contacted.

    Exit code: 0 the file was written; 1 it cannot be written; 2 wrong usage, or the file exists.
    """
    from newsdesk.cli.work.setup.init import run  # noqa: PLC0415  (not for its help)

    run(to, outbox, output, force=force)
