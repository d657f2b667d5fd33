"""`newsdesk gate`: did scores get worse?"""

from typing import TYPE_CHECKING

import click

from newsdesk.cli import completion, data, options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@click.argument("candidates", nargs=-1, required=True, metavar="CANDIDATE...")
@click.option(
    "--baseline",
    required=True,
    metavar="B",
    shell_complete=completion.labels,
    help="What to compare with. A label of the config, a reporter's name, or YAML such as '{files: {path: "
    "reports}}': what that backend holds of the same names. Files. Or one machine: NAME@LABEL#REVISION.",
)
@click.option(
    "--rules",
    "rules_path",
    type=click.Path(exists=True, dir_okay=False),
    help="A YAML file that says how much worse which scores may get; without it, none may get worse.",
)
@click.option(
    "--junit", type=click.Path(dir_okay=False), metavar="FILE", help="Write JUnit XML to this file as well."
)
@options.reads_from
@options.project
@options.config
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
    candidates: tuple[str, ...],
    baseline: str,
    rules_path: str | None,
    junit: str | None,
    reads_from: str | None,
    project: str | None,
    choice: "ConfigChoice",
    as_json: bool,  # noqa: FBT001  (click's signature)
    markdown: bool,  # noqa: FBT001  (the same)
) -> None:
    """Fail if a score of a CANDIDATE is worse than its baseline's by more than a rule allows.

    A CANDIDATE is a file, a folder, a pattern, or the name of a machine in a backend, as for diff. What is
    missing never passes: a score, a fold or a machine.

    Exit code: 0 all passed; 1 some did not; 2 wrong usage, rules, config or input; 4 a backend, or
    a record in it, cannot be read.
    """
    from newsdesk.cli.work.read.gate import run  # noqa: PLC0415  (not for its help)

    if as_json and markdown:
        raise click.UsageError("give --json or --markdown, not both")
    ctx.exit(
        run(
            candidates,
            baseline,
            rules_path,
            choice=choice,
            reads_from=reads_from,
            project=project,
            junit=junit,
            form="json" if as_json else "markdown" if markdown else "text",
        )
    )
