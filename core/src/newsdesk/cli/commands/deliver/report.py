"""`newsdesk report`: deliver machines."""

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
    """Deliver the machines in FILE...: JSON, JSON Lines or YAML.

    FILE is a file, a folder, a pattern, or - for standard input. Without --to and without a config, each
    machine goes to its own runtime.reporters. All input is checked before anything is sent.

    Exit code: 0 all delivered, or in the outbox where that is enough; 1 a required reporter failed; 2 wrong
    usage, config or input; 3 only best-effort reporters failed; 130 stopped by Ctrl-C, 143 by SIGTERM: what
    was begun and not delivered is in the outbox.
    """
    from newsdesk.cli.work.deliver.report import run  # noqa: PLC0415  (not for its help)

    ctx.exit(run(files, to, choice, workers, dask, as_json=as_json))
