"""`newsdesk list`: the machines in a backend."""

from typing import TYPE_CHECKING, Any

import click

from newsdesk.cli import data, options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice


@click.command()
@options.reads_from
@options.project
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="SCORE",
    help="Show this score, such as r2-score. Can be repeated; by default, all that are not of a single tag.",
)
@click.option(
    "--no-scores",
    "scores",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Show none: quicker where records must be read for them.",
)
@click.option(
    "--sort", metavar="KEY", help="Sort by name, built, stored, or a score; smallest or oldest first."
)
@click.option("--descending", is_flag=True, help="Sort by largest or newest first.")
@click.option(
    "--worst-first",
    is_flag=True,
    help="Sort by worst score first: NaN, then by what is known of scikit-learn's metrics.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="List the first N.")
@click.option("--all-revisions", is_flag=True, help="List every revision that the backend keeps.")
@click.option(
    "--csv", "as_csv", is_flag=True, callback=data.keep_when_asked, help="Print CSV, with exact values."
)
@options.as_json
@options.config
def command(choice: "ConfigChoice", reads_from: str | None, **wanted: Any) -> None:
    """List the machines in a backend: revision, build time (UTC), scores.

    Exit code: 0 listed; 1 a record cannot be read, or no machine has a score that was asked for; 2 wrong
    usage or config; 4 the backend does not answer.
    """
    from newsdesk.cli.work.read.list import Wanted, run  # noqa: PLC0415  (not for its help)

    click.get_current_context().exit(run(choice, reads_from, Wanted(**wanted)))
