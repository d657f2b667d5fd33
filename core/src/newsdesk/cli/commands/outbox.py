"""`newsdesk outbox`: undelivered records."""

import json
from collections.abc import Mapping
from dataclasses import replace

import click

from newsdesk.cli import data, options
from newsdesk.cli.desks import Desks
from newsdesk.cli.receipts.summary import show
from newsdesk.config.file import Config
from newsdesk.exceptions import DefinitionError
from newsdesk.outbox import DamagedError, Entry, Outbox, State
from newsdesk.outbox.backlog import Backlog, age, seconds_since

DAY = 86400
"""Seconds."""


@click.group()
def command() -> None:
    """Inspect, retry and clean up undelivered records."""


_path = click.option(
    "--outbox",
    "path",
    type=click.Path(exists=True, dir_okay=False),
    help="The outbox file; by default the config's.",
)


@command.command()
@options.config
@_path
@options.as_json
def status(config_path: str | None, path: str | None, as_json: bool) -> None:  # noqa: FBT001  (click's signature)
    """Show how many records are owed to each reporter."""
    config, outbox = _opened(config_path, path)
    labels = {route.label for route in config.routes}
    with outbox:
        backlog = Backlog.of(outbox)
    for (label, state), count in backlog.counts.items():
        oldest = backlog.oldest.get(label) if state is State.OWED else None
        if as_json:
            row = {"reporter": label, "state": str(state), "count": count, "known": label in labels}
            data.echo(json.dumps({**row, "oldest_age": None if oldest is None else seconds_since(oldest)}))
            continue
        since = "" if oldest is None else f", the oldest for {age(oldest)}"
        unknown = "" if label in labels else "; the config has no reporter of that label"
        click.echo(f"{label}: {count} {state}{since}{unknown}")
    if not backlog.counts and not as_json:
        click.echo("Nothing is owed.")


@command.command()
@options.config
@_path
@options.as_json
@click.option(
    "--deadline",
    type=options.Positive(),
    help="Stop after this many seconds; no limit by default.",
)
@click.option("--allow-owed", is_flag=True, help="Exit with 0 also if records are still owed.")
@click.pass_context
def send(  # noqa: PLR0917  (click gives each option by its name)
    ctx: click.Context,
    config_path: str | None,
    path: str | None,
    as_json: bool,  # noqa: FBT001  (click's signature)
    deadline: float | None,
    allow_owed: bool,  # noqa: FBT001  (the same)
) -> None:
    """Send owed records to the config's reporters.

    Exit code: 0 nothing is owed any more; 1 records are still owed, or a required reporter refused one; 2
    wrong usage or config; 3 only best-effort reporters refused one.
    """
    config, outbox = _opened(config_path, path)
    with outbox, replace(config, outbox=outbox).desk() as desk:
        labels = {route.label for route in desk.routes}
        counts = outbox.counts()
        _report_unknown(counts, labels)
        # Here --allow-owed decides whether it is enough that a record is in the outbox, not the config.
        receipts = (replace(receipt, accepts_spooled=True) for receipt in desk.send_owed(deadline=deadline))
        code = show(receipts, machines=_owed(counts, labels), as_json=as_json)
        left = _owed(outbox.counts())
    if left:
        click.echo(f"{left} still owed.", err=True)
    ctx.exit(1 if left and not allow_owed else code)


@command.command()
@options.config
@_path
def dead(config_path: str | None, path: str | None) -> None:
    """List records that failed for good, with number and error."""
    _, outbox = _opened(config_path, path)
    with outbox:
        for entry in outbox.entries(State.DEAD):
            click.echo(_line(entry))


@command.command()
@click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]...")
@options.config
@_path
def requeue(numbers: tuple[int, ...], config_path: str | None, path: str | None) -> None:
    """Retry dead records: those with these numbers, or all."""
    _, outbox = _opened(config_path, path)
    with outbox:
        known = {entry.id for entry in outbox.entries(State.DEAD)}
        if unknown := sorted(set(numbers) - known):
            raise click.UsageError(
                f"no dead records {', '.join(map(str, unknown))}; see 'newsdesk outbox dead'"
            )
        owed = outbox.requeue(numbers or None)
    click.echo(f"{owed} owed again.")
    if overtaken := len(numbers or known) - owed:
        click.echo(f"{overtaken} deleted: a newer revision of the machine is owed.")


@command.command()
@click.option(
    "--dead-days",
    type=options.Positive(or_zero=True),
    metavar="DAYS",
    help="Delete records that have been dead for this many days; none by default.",
)
@options.config
@_path
def prune(dead_days: float | None, config_path: str | None, path: str | None) -> None:
    """Delete old dead records, and free disk space.

    Owed records stay.
    """
    _, outbox = _opened(config_path, path)
    with outbox:
        dropped = outbox.prune(dead_for=None if dead_days is None else dead_days * DAY)
    click.echo(f"{dropped.get(State.DEAD, 0)} dead deleted.")


@command.command()
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([str(state) for state in State]),
    help="Only records in this state; by default all that are owed or dead. Can be repeated.",
)
@options.config
@_path
@click.pass_context
def export(ctx: click.Context, states: tuple[str, ...], config_path: str | None, path: str | None) -> None:
    """Print the records as JSON Lines, as `report` reads them.

    The outbox is not changed. Exit code: 0 all printed; 1 some cannot be read.
    """
    data.keep(ctx)
    _, outbox = _opened(config_path, path)
    wanted = [State(state) for state in states] or [state for state in State if state is not State.STANDBY]
    code = 0
    with outbox:
        for entry in outbox.entries(*wanted):
            try:
                machine = outbox.load(entry)
            except DamagedError as error:
                click.echo(str(error), err=True)
                code = 1
                continue
            data.echo(machine.to_json())
    ctx.exit(code)


def _opened(config_path: str | None, path: str | None) -> tuple[Config, Outbox]:
    config = Desks(config_path, ()).config
    if path is not None:
        return config, Outbox(path, None if config.outbox is None else config.outbox.bounds)
    if config.outbox is None:
        raise DefinitionError("no outbox; give one with --outbox, or in the config with 'outbox: PATH'")
    return config, config.outbox


def _owed(counts: Mapping[tuple[str, State], int], labels: set[str] | None = None) -> int:
    """Count what is owed to these reporters, or to all; also what another sender is sending now."""
    return sum(
        count
        for (label, state), count in counts.items()
        if state in {State.OWED, State.CLAIMED} and (labels is None or label in labels)
    )


def _report_unknown(counts: Mapping[tuple[str, State], int], labels: set[str]) -> None:
    known = ", ".join(sorted(labels)) or "none"
    for label in sorted({label for label, _ in counts} - labels):
        click.echo(
            f"{label}: the config has no reporter of that label; its records stay. Labels: {known}", err=True
        )


def _line(entry: Entry) -> str:
    what = f"{entry.id}: {entry.key} for {entry.label}, {entry.attempts} attempts"
    return f"{what}, {age(entry.created)} old: {entry.error}"
