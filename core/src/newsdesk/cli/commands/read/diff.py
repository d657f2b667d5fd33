"""`newsdesk diff`: what changed between two machines."""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import data, options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@options.reads_from
@options.project
@options.config
@click.option("--volatile", is_flag=True, help="Show also what changes with every build: dates, durations, …")
@options.as_json
@click.option(
    "--markdown",
    is_flag=True,
    callback=data.keep_when_asked,
    help="Print Markdown, for a merge request.",
)
@click.pass_context
def command(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    before: str,
    after: str,
    reads_from: str | None,
    project: str | None,
    choice: "ConfigChoice",
    volatile: bool,  # noqa: FBT001  (click's signature)
    as_json: bool,  # noqa: FBT001  (the same)
    markdown: bool,  # noqa: FBT001  (the same)
) -> None:
    """Show what changed from machine A to machine B: path by path, with the differences of scores.

    Each is a file, or the NAME or PROJECT/NAME of a machine in a backend, with @LABEL and #REVISION behind it
    if needed.

    Exit code: 0 no differences; 1 they differ; 2 wrong usage, config or input; 4 a backend, or a
    record in it, cannot be read.
    """
    from newsdesk.cli.work.read.diff import run  # noqa: PLC0415  (not for its help)

    if as_json and markdown:
        raise click.UsageError("give --json or --markdown, not both")
    ctx.exit(
        run(
            before,
            after,
            choice,
            reads_from,
            project,
            volatile=volatile,
            form="json" if as_json else "markdown" if markdown else "text",
        )
    )
