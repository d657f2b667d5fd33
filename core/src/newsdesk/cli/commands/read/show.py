"""`newsdesk show`: the page of one machine."""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import data, options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@click.argument("source", metavar="MACHINE")
@options.reads_from
@options.project
@click.option(
    "--everywhere",
    is_flag=True,
    help="Show which reporters of the config hold it; lists what each of them holds.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    callback=data.keep_when_asked,
    help="Print the record as it was reported, as canonical JSON.",
)
@options.config
def command(
    source: str,
    reads_from: str | None,
    project: str | None,
    choice: "ConfigChoice",
    *,
    everywhere: bool,
    as_json: bool,
) -> None:
    """Show a machine: its model, data, scores with each fold, training and durations.

    MACHINE is a file, - for standard input, or NAME or PROJECT/NAME in a backend, with @LABEL for a reporter
    of the config and #REVISION for one of its revisions, of which the first 7 digits are enough. A file that
    exists is read as one.

    Exit code: 0 shown; 1 the machine does not exist; 2 wrong usage, config or input; 4 the backend, or
    the record, cannot be read.
    """
    from newsdesk.cli.work.read.show import run  # noqa: PLC0415  (not for its help)

    code = run(source, choice, reads_from, project, everywhere=everywhere, as_json=as_json)
    click.get_current_context().exit(code)
