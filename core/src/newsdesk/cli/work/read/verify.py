"""What `newsdesk verify` does."""

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from operator import attrgetter

import click

from newsdesk.builtin.display import shown
from newsdesk.cli import data
from newsdesk.cli.logs import say
from newsdesk.cli.sources.unanswered import UnansweredError
from newsdesk.cli.transfer.comparison import Comparison, Difference
from newsdesk.cli.transfer.endpoint import Endpoint, ends
from newsdesk.cli.transfer.held import State
from newsdesk.cli.transfer.holdings import Selection
from newsdesk.config.choice import ConfigChoice


def run(
    from_: str,
    to: tuple[str, ...],
    choice: ConfigChoice,
    project: str | None,
    *,
    deep: bool,
    allow_extra: bool,
    workers: int,
    as_json: bool,
) -> int:
    """Run the command, and return its exit code."""
    origin, desks = ends(from_, to, choice)
    route, selection = desks.only_route(), Selection(project)
    counts = Counter[State]()
    try:
        with (
            closing(Endpoint.of(desks.config, origin)) as source,
            closing(Endpoint.of(desks.config, route)) as target,
        ):
            listed, held = selection.of(source), selection.of(target)
            selection.check(listed, held)
            comparison = Comparison(source, listed, target, held, deep=deep)
            for result in _progressing(comparison.results(workers), len(comparison.keys)):
                counts[result.state] += 1
                _show(result, as_json=as_json)
    except click.UsageError:
        raise
    except click.ClickException as error:
        raise UnansweredError(error.message) from error
    found = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
    say(f"{route.label}: {found or 'no machines'}.")
    fine = {State.EQUAL, State.SKIPPED, *([State.EXTRA] if allow_extra else [])}
    return 0 if counts.keys() <= fine else 1


def _progressing(results: Iterator[Difference], machines: int) -> Iterator[Difference]:
    """Give results as they come, with a progress bar on a terminal."""
    if not sys.stderr.isatty():
        return results
    from newsdesk.cli.receipts.terminal import with_bar  # noqa: PLC0415  (rich, for a terminal alone)

    return with_bar(results, machines, attrgetter("key"))


def _show(result: Difference, *, as_json: bool) -> None:
    if result.state in {State.EQUAL, State.SKIPPED}:
        return
    if as_json:
        data.echo(json.dumps(result.to_dict()))
        return
    key = shown(str(result.key), "utf-8")  # one line, whatever the name holds
    data.echo(f"{result.state} {key}")
    if result.reason is not None:
        say(f"{key}: {result.reason}", logging.ERROR)
