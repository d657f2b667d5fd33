"""`newsdesk plan`: preview a report."""

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
@click.option(
    "--each", is_flag=True, help="Show each machine; of ten or more, only totals are shown by default."
)
@click.pass_context
def command(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    files: tuple[str, ...],
    to: tuple[str, ...],
    choice: "ConfigChoice",
    as_json: bool,  # noqa: FBT001  (click's signature)
    each: bool,  # noqa: FBT001  (the same)
) -> None:
    """Preview what `report` would send of the machines in FILE...; no network.

    Shows the number of requests, and what would be changed to fit the backend; of ten or more machines, the
    totals for each reporter. Exit code: 0 all planned; 1 a reporter's plan failed; 2 wrong usage, config or
    input.
    """
    from newsdesk.cli.work.deliver.plan import run  # noqa: PLC0415  (not for its help)

    ctx.exit(run(files, to, choice, as_json=as_json, each=each))
