"""`newsdesk new`: a plugin project for a reporter."""

from pathlib import Path

import click


@click.command()
@click.argument("name")
@click.option(
    "--in",
    "parent",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The parent folder; by default the working folder.",
)
@click.option(
    "--http/--no-http",
    default=None,
    help="Whether the backend speaks HTTP; by default you are asked, and without a terminal it does not.",
)
def command(name: str, parent: Path, http: bool | None) -> None:  # noqa: FBT001  (click's signature)
    """Create a plugin project for a reporter that a config will call NAME.

    The new folder newsdesk-NAME is a working plugin, with the conformance kit as its test. Needs the extra
    newsdesk[template].

    Exit code: 0 the project was created; 1 the folder cannot be written to; 2 wrong usage, or a name in use.
    """
    from newsdesk.cli.work.setup.new import run  # noqa: PLC0415  (not for its help)

    run(name, parent, http=http)
