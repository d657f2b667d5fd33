"""What the commands of `newsdesk outbox` do that send, change or copy what it holds."""

import logging
from collections.abc import Mapping
from dataclasses import replace

import click

from newsdesk.cli import data
from newsdesk.cli.logs import say
from newsdesk.cli.owed import place
from newsdesk.cli.receipts.summary import show
from newsdesk.config.choice import ConfigChoice
from newsdesk.outbox import DamagedError, State

DAY = 86400
"""Seconds."""


def send(
    choice: ConfigChoice, path: str | None, deadline: float | None, *, as_json: bool, allow_owed: bool
) -> int:
    """Run the command, and return its exit code."""
    config, outbox = place.found(choice, path)
    with outbox, replace(config, outbox=outbox).desk() as desk:
        labels = {route.label for route in desk.routes}
        counts = outbox.counts()
        _report_unknown(counts, labels)
        # Here --allow-owed decides whether it is enough that a record is in the outbox, not the config.
        receipts = (replace(receipt, accepts_spooled=True) for receipt in desk.send_owed(deadline=deadline))
        code = show(receipts, machines=_owed(counts, labels), as_json=as_json)
        left = _owed(outbox.counts())
    if left:
        say(f"{left} still owed.")
    return 1 if left and not allow_owed else code


def requeue(numbers: tuple[int, ...], choice: ConfigChoice, path: str | None) -> None:
    """Run the command."""
    _, outbox = place.found(choice, path)
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


def prune(dead_days: float | None, choice: ConfigChoice, path: str | None) -> None:
    """Run the command."""
    _, outbox = place.found(choice, path)
    with outbox:
        dropped = outbox.prune(dead_for=None if dead_days is None else dead_days * DAY)
    click.echo(f"{dropped.get(State.DEAD, 0)} dead deleted.")


def export(states: tuple[str, ...], choice: ConfigChoice, path: str | None) -> int:
    """Run the command, and return its exit code."""
    _, outbox = place.found(choice, path)
    wanted = [State(state) for state in states] or [state for state in State if state is not State.STANDBY]
    code = 0
    with outbox:
        for entry in outbox.entries(*wanted):
            try:
                machine = outbox.load(entry)
            except DamagedError as error:
                say(str(error), logging.WARNING)
                code = 1
                continue
            data.echo(machine.to_json())
    return code


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
        text = f"{label}: the config has no reporter of that label; its records stay. Labels: {known}"
        say(text, logging.WARNING)
