"""What the commands of `newsdesk outbox` do that only look: status, list, dead, metrics."""

import heapq
import json
import logging
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

import click

from newsdesk.atomic import write_atomically
from newsdesk.builtin.display import duration
from newsdesk.cli import data
from newsdesk.cli.listing import text
from newsdesk.cli.logs import plain, say
from newsdesk.cli.owed import entries, exposition, metrics, place
from newsdesk.config.choice import ConfigChoice
from newsdesk.config.file import Config
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.outbox import BaseOutbox, OutboxError, State
from newsdesk.outbox.backlog import Group, Total, age, seconds_since
from newsdesk.outbox.storage.external_sort import in_order
from newsdesk.secrets import mask_text, of_environment

KNOWN_ERRORS = 100
"""Errors that are kept with what is shown of them: in an outage, most are the same."""

HEAD = 100
"""Rows of a list by which its columns are as wide as they are."""


def status(choice: ConfigChoice, path: str | None, fail_over: float | None, *, as_json: bool) -> int:
    """Run the command, and return its exit code."""
    config, outbox = place.found(choice, path)
    labels = {route.label for route in config.routes}
    with outbox:
        totals = _totals(outbox)
    for (label, state), total in totals.items():
        if as_json:
            row = {"reporter": label, "state": str(state), "count": total.entries, "known": label in labels}
            row |= {"bytes": total.size, "oldest_age": seconds_since(total.oldest)}
            data.echo(json.dumps(row))
            continue
        unknown = "" if label in labels else "; the config has no reporter of that label"
        click.echo(plain(f"{label}: {total.entries} {state}, the oldest for {age(total.oldest)}{unknown}"))
    if not totals and not as_json:
        click.echo("Nothing is owed.")
    late = [] if fail_over is None else _older(totals, fail_over)
    if late and fail_over is not None:
        say(f"Older than {duration(fail_over)}: {', '.join(late)}; see 'newsdesk outbox list'", logging.ERROR)
    return 1 if late else 0


def list_(
    choice: ConfigChoice,
    path: str | None,
    reporters: Collection[str],
    states: Sequence[str],
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    """Run the command."""
    config, outbox = place.found(choice, path)
    wanted = [State(state) for state in states] or [state for state in State if state is not State.STANDBY]
    secrets = of_environment().union(*(route.reporter.secret_values() for route in config.routes))
    now = time.time()

    @lru_cache(KNOWN_ERRORS)
    def mask(error: str) -> str:
        return mask_text(error, secrets)

    with outbox:
        _refuse_unknown(reporters, config, outbox)
        held = [] if place.is_new(outbox) else outbox.entries(*wanted, labels=reporters or None)
        rows = ((entry.created, entry.id, entries.described(entry, now, mask)) for entry in held)
        lines = in_order(rows if limit is None else heapq.nsmallest(limit, rows))
        if as_json:
            for line in lines:
                data.echo(line)
            return
        parsed = map(json.loads, lines)
        head = list(islice(parsed, HEAD))
        if not head:
            click.echo("Nothing is owed." if not (reporters or states) else "There are no such records.")
            return
        for line in text.lines(head, parsed, entries.columns(now), sys.stdout.encoding or "utf-8"):
            click.echo(line)


def write_metrics(choice: ConfigChoice, path: str | None, output: Path | None) -> int:
    """Run the command `metrics`, and return its exit code."""
    config, outbox = place.found(choice, path)
    totals: Mapping[Group, Total] | None = None
    try:
        with outbox:
            totals = _totals(outbox)
    except OutboxError as error:
        say(f"Error: {error}", logging.ERROR)
    labels = [route.label for route in config.routes]
    gauges = metrics.gauges(mask_text(outbox.place), totals, labels, time.time())
    lines = [*exposition.lines(gauges)]
    if output is not None and not _written(output, "".join(f"{line}\n" for line in lines)):
        return 1
    for line in lines if output is None else ():
        # To a program a name is exact; a terminal might take it for a command.
        data.echo(plain(line) if data.is_on_terminal() else line.encode())
    return 2 if totals is None else 0


def _written(file: Path, text: str) -> bool:
    """Write metrics, in a folder that is there: one that is made would be one that no collector reads."""
    if file.suffix != ".prom":
        say(f"Warning: node-exporter reads no {file}: its name must end in .prom", logging.WARNING)
    try:
        if not file.parent.is_dir():
            raise FileNotFoundError(None, f"there is no folder {file.parent}")
        write_atomically(file, text.encode())
    except OSError as error:
        say(
            f"Error: cannot write {file}: {error.strerror}; name a file in a folder that can be written to",
            logging.ERROR,
        )
        return False
    return True


def _totals(outbox: BaseOutbox) -> Mapping[Group, Total]:
    return {} if place.is_new(outbox) else outbox.totals()


def _older(totals: Mapping[Group, Total], seconds: float) -> list[str]:
    """Return what of an outbox has not arrived for so long; what is on standby has."""
    return [
        f"{total.entries} {state} for {label} ({age(total.oldest)})"
        for (label, state), total in totals.items()
        if state is not State.STANDBY and seconds_since(total.oldest) > seconds
    ]


def _refuse_unknown(reporters: Collection[str], config: Config, outbox: BaseOutbox) -> None:
    labels = {route.label for route in config.routes}
    if set(reporters) <= labels:
        return
    labels |= {label for label, _ in _totals(outbox)}
    for label in sorted(set(reporters) - labels):
        raise click.UsageError(
            f"neither the config nor the outbox has a reporter {label!r}{did_you_mean(label, labels)}; "
            f"labels: {listed(sorted(labels))}"
        )
