"""`newsdesk outbox`: undelivered records."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdesk.cli import data, options

if TYPE_CHECKING:
    from newsdesk.config.choice import ConfigChoice

STATES = ("owed", "claimed", "dead", "standby")
"""What an entry may be waiting for, see `newsdesk.outbox.State`."""


class _Place(click.Path):
    """A file that exists, or the URL of an object store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


@click.group()
def command() -> None:
    """Inspect, retry and clean up undelivered records."""


_path = click.option(
    "--outbox",
    "path",
    type=_Place(exists=True, dir_okay=False),
    help="The outbox: a file, or a URL such as s3://bucket/prefix; by default the config's.",
)


_state = click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES),
    help="Only records in this state; by default all that are owed or dead. Can be repeated.",
)


@command.command()
@options.config
@_path
@options.as_json
@click.option(
    "--fail-over",
    type=options.Duration(),
    metavar="DURATION",
    help="Exit with 1 if a record has not arrived for longer, such as 90s, 10m, 1h30m or 7d.",
)
@click.pass_context
def status(
    ctx: click.Context,
    choice: "ConfigChoice",
    path: str | None,
    as_json: bool,  # noqa: FBT001  (click's signature)
    fail_over: float | None,
) -> None:
    """Show how many records are owed to each reporter, and since when.

    Exit code: 0 shown; 1 a record is older than --fail-over; 2 wrong usage or config, or the outbox cannot be
    read.
    """
    from newsdesk.cli.work.deliver import owed as work  # noqa: PLC0415  (not for its help)

    ctx.exit(work.status(choice, path, fail_over, as_json=as_json))


@command.command("list")
@click.option(
    "--reporter",
    "reporters",
    multiple=True,
    metavar="LABEL",
    shell_complete=options.labels,
    help="Only records for this reporter. Can be repeated.",
)
@_state
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="List the first N.")
@options.as_json
@options.config
@_path
def list_(  # noqa: PLR0917  (click gives each option by its name)
    reporters: tuple[str, ...],
    states: tuple[str, ...],
    limit: int | None,
    as_json: bool,  # noqa: FBT001  (click's signature)
    choice: "ConfigChoice",
    path: str | None,
) -> None:
    """List undelivered records, the oldest first.

    Machine, reporter, state, age, failed attempts, next try, last error.
    """
    from newsdesk.cli.work.deliver import owed as work  # noqa: PLC0415  (not for its help)

    work.list_(choice, path, reporters, states, limit, as_json=as_json)


@command.command()
@options.config
@_path
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to FILE, whole or not at all: newsdesk.prom in the folder of node-exporter's textfile "
    "collector, for example.",
)
@click.pass_context
def metrics(ctx: click.Context, choice: "ConfigChoice", path: str | None, output: Path | None) -> None:
    """Print metrics for Prometheus.

    Entries, their bytes, and when the oldest came, by reporter and state. Exit code: 0 written; 1 FILE cannot
    be written; 2 wrong usage or config, or the outbox cannot be read, as newsdesk_outbox_up then says.
    """
    from newsdesk.cli.work.deliver import owed as work  # noqa: PLC0415  (not for its help)

    data.keep(ctx)
    ctx.exit(work.write_metrics(choice, path, output))


@command.command()
@options.config
@_path
@options.as_json
@click.option(
    "--deadline",
    type=options.Duration(),
    help="Stop after this many seconds, or after such as 10m; no limit by default.",
)
@click.option("--allow-owed", is_flag=True, help="Exit with 0 also if records are still owed.")
@click.pass_context
def send(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    choice: "ConfigChoice",
    path: str | None,
    as_json: bool,  # noqa: FBT001  (click's signature)
    deadline: float | None,
    allow_owed: bool,  # noqa: FBT001  (the same)
) -> None:
    """Send owed records to the config's reporters.

    Exit code: 0 nothing is owed any more; 1 records are still owed, or a required reporter refused one; 2
    wrong usage or config; 3 only best-effort reporters refused one.
    """
    from newsdesk.cli.work.deliver import outbox as work  # noqa: PLC0415  (not for its help)

    ctx.exit(work.send(choice, path, deadline, as_json=as_json, allow_owed=allow_owed))


@command.command()
@options.config
@_path
def dead(choice: "ConfigChoice", path: str | None) -> None:
    """List records that failed for good: `list --state dead`."""
    from newsdesk.cli.work.deliver import owed as work  # noqa: PLC0415  (not for its help)

    work.list_(choice, path, (), ["dead"], None, as_json=False)


@command.command()
@click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]...")
@options.config
@_path
def requeue(numbers: tuple[int, ...], choice: "ConfigChoice", path: str | None) -> None:
    """Retry dead records: those with these numbers, or all."""
    from newsdesk.cli.work.deliver import outbox as work  # noqa: PLC0415  (not for its help)

    work.requeue(numbers, choice, path)


@command.command()
@click.option(
    "--dead-days",
    type=options.Positive(or_zero=True),
    metavar="DAYS",
    help="Delete records that have been dead for this many days; none by default.",
)
@options.config
@_path
def prune(dead_days: float | None, choice: "ConfigChoice", path: str | None) -> None:
    """Delete old dead records, and free disk space.

    Owed records stay.
    """
    from newsdesk.cli.work.deliver import outbox as work  # noqa: PLC0415  (not for its help)

    work.prune(dead_days, choice, path)


@command.command()
@_state
@options.config
@_path
@click.pass_context
def export(ctx: click.Context, states: tuple[str, ...], choice: "ConfigChoice", path: str | None) -> None:
    """Print the records as JSON Lines, as `report` reads them.

    The outbox is not changed. Exit code: 0 all printed; 1 some cannot be read.
    """
    from newsdesk.cli.work.deliver import outbox as work  # noqa: PLC0415  (not for its help)

    data.keep(ctx)
    ctx.exit(work.export(states, choice, path))
