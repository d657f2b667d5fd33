"""`newsdesk outbox`: what is still owed."""

import json
import time

import click

from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.cli.receipts import Summary
from newsdesk.config import Config
from newsdesk.exceptions import DefinitionError
from newsdesk.outbox import Entry, Outbox, State


@click.group()
def command() -> None:
    """See, send and mend what is still owed to reporters."""


_path = click.option(
    "--outbox", "path", type=click.Path(dir_okay=False), help="The outbox, instead of the config's."
)


@command.command()
@options.config
@_path
@options.as_json
def status(config_path: str | None, path: str | None, as_json: bool) -> None:  # noqa: FBT001  (click's signature)
    """Say how much is owed to whom."""
    config, outbox = _opened(config_path, path)
    labels = {route.label for route in config.routes}
    counts = outbox.counts()
    oldest = {entry.label: entry.created for entry in reversed(list(outbox.entries(State.OWED)))}
    for (label, state), count in counts.items():
        if as_json:
            click.echo(
                json.dumps({"reporter": label, "state": str(state), "count": count, "known": label in labels})
            )
            continue
        since = f", the oldest for {_age(oldest[label])}" if state is State.OWED and label in oldest else ""
        unknown = "" if label in labels else "; the config has no reporter of that label, so they stay"
        click.echo(f"{label}: {count} {state}{since}{unknown}")
    if not counts and not as_json:
        click.echo("Nothing is owed.")


@command.command()
@options.config
@options.as_json
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds for all of it; no limit by default.",
)
@click.pass_context
def send(ctx: click.Context, config_path: str | None, as_json: bool, deadline: float | None) -> None:  # noqa: FBT001  (click's signature)
    """Send what is owed to the config's reporters. Exit codes are those of report."""
    config, outbox = _opened(config_path, None)
    counts = outbox.counts()
    labels = {route.label for route in config.routes}
    for label in sorted({label for label, _ in counts} - labels):
        click.echo(f"{label}: the config has no reporter of that label, so what it is owed stays", err=True)
    total = sum(count for (label, state), count in counts.items() if state is State.OWED and label in labels)
    summary = Summary(as_json=as_json)
    with config.desk() as desk:
        receipts = ([receipt] for receipt in desk.send_owed(deadline=deadline))
        for receipt in summary.shown(receipts, machines=total):
            summary.add(receipt)
    summary.finish()
    ctx.exit(summary.exit_code)


@command.command()
@options.config
@_path
def dead(config_path: str | None, path: str | None) -> None:
    """List what failed for good, with its number and why."""
    _, outbox = _opened(config_path, path)
    for entry in outbox.entries(State.DEAD):
        click.echo(_line(entry))


@command.command()
@click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]...")
@options.config
@_path
def requeue(numbers: tuple[int, ...], config_path: str | None, path: str | None) -> None:
    """Send dead machines again: those with these numbers, or all."""
    _, outbox = _opened(config_path, path)
    known = {entry.id for entry in outbox.entries(State.DEAD)}
    if unknown := sorted(set(numbers) - known):
        raise click.UsageError(
            f"not among the dead: {', '.join(map(str, unknown))}; see 'newsdesk outbox dead'"
        )
    click.echo(f"{outbox.requeue(numbers or None)} will be sent again.")


@command.command()
@click.option(
    "--state", "states", multiple=True, type=click.Choice([str(state) for state in State]), help="Only these."
)
@options.config
@_path
def export(states: tuple[str, ...], config_path: str | None, path: str | None) -> None:
    """Print the records as JSON Lines, which report reads; nothing is taken out."""
    _, outbox = _opened(config_path, path)
    for entry in outbox.entries(*map(State, states)):
        record = outbox.record(entry)
        if record is None:
            click.echo(f"entry {entry.id} ({entry.key} for {entry.label}) has no record any more", err=True)
        else:
            click.echo(record)


def _opened(config_path: str | None, path: str | None) -> tuple[Config, Outbox]:
    config = Desks(config_path, ()).config
    outbox = Outbox(path) if path is not None else config.outbox
    if outbox is None:
        raise DefinitionError("no outbox: name one in the config with 'outbox: PATH', or with --outbox")
    return config, outbox


def _line(entry: Entry) -> str:
    return f"{entry.id}: {entry.key} for {entry.label}, {entry.attempts} attempts, {_age(entry.created)} old: {entry.error}"


def _age(created: float) -> str:
    seconds = max(0.0, time.time() - created)
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
