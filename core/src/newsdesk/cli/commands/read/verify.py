"""`newsdesk verify`: what two backends hold, compared."""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import data, options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@options.source
@options.to
@options.project
@options.config
@click.option(
    "--deep",
    is_flag=True,
    help="Read every record, and compare; a redacted one equals its original.",
)
@click.option(
    "--allow-extra", is_flag=True, help="Exit with 0 also if --to holds machines that --from does not."
)
@options.as_json
@options.workers
@click.pass_context
def command(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    source: str,
    to: tuple[str, ...],
    project: str | None,
    choice: "ConfigChoice",
    deep: bool,  # noqa: FBT001  (click's signature)
    allow_extra: bool,  # noqa: FBT001  (the same)
    as_json: bool,  # noqa: FBT001  (the same)
    workers: int | None,
) -> None:
    """Compare what the reporter of --to holds with what that of --from holds.

    Prints a line for each machine that differs: its state at --to, and its project and name. The states are
    missing, older, newer, different (which is newer is unknown), extra (--from does not hold it) and
    unreadable. By the revisions that both list; records are read only where a backend does not know one.

    Exit code: 0 equal; 1 something differs; 2 wrong usage or config; 4 a backend does not answer.
    """
    from newsdesk.cli.work.read.verify import run  # noqa: PLC0415  (not for its help)

    data.keep(ctx)
    ctx.exit(
        run(
            source,
            to,
            choice,
            project,
            deep=deep,
            allow_extra=allow_extra,
            workers=workers or 1,
            as_json=as_json,
        )
    )
