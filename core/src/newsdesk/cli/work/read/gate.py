"""What `newsdesk gate` does."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click

from newsdesk import canonical
from newsdesk.atomic import write_atomically
from newsdesk.builtin.registry import default_registry
from newsdesk.cli import data
from newsdesk.cli.comparing import gate_markdown, gate_text, words
from newsdesk.cli.logs import say
from newsdesk.cli.sources.backend import Backend, NotFoundError
from newsdesk.cli.sources.sources import Sources, is_file
from newsdesk.cli.sources.unanswered import answered
from newsdesk.comparison.gate import GateResult, gate
from newsdesk.comparison.rules import Rules
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.machine import Machine, MachineKey

Form = Literal["text", "json", "markdown"]
NAMES = 5
"""Machines that a warning names."""


def run(
    candidates: tuple[str, ...],
    baseline: str,
    rules_path: str | None,
    *,
    choice: ConfigChoice,
    reads_from: str | None,
    project: str | None,
    junit: str | None,
    form: Form,
) -> int:
    """Run the command, and return its exit code."""
    rules = Rules() if rules_path is None else Rules.read(rules_path)
    with Sources(choice, reads_from, project) as sources, answered():
        found = _counted(machine for name in candidates for machine in sources.each(name))
        if _is_definition(baseline, sources):
            result = gate(found, _held(sources.backend(baseline)), rules)
        elif is_file(baseline):
            result = gate(found, sources.each(baseline), rules)
        else:
            one = _single(baseline, sources)
            result = gate(_only(found, baseline), one, rules)
    _print(result, form, has_rules=rules_path is not None)
    if junit is not None:
        _write(junit, result)
    if result.same:
        names = ", ".join(words.name(str(key)) for key in result.same[:NAMES])
        more = f" and {len(result.same) - NAMES} more" if len(result.same) > NAMES else ""
        text = (
            f"Warning: {names}{more}: the baseline is this build itself; gate a build before it is reported"
        )
        say(text, logging.WARNING)
    return 0 if result.passed else 1


def _counted(machines: Iterable[Machine]) -> Iterable[Machine]:
    """Show on a terminal how many were read: each may be fetched, and so its baseline."""
    if not sys.stderr.isatty():
        return machines
    from newsdesk.cli.listing.terminal import counting  # noqa: PLC0415  (rich, for a terminal alone)

    return counting(machines)


def _is_definition(baseline: str, sources: Sources) -> bool:
    """Tell whether a reporter is meant: a label comes before a file, and a file before a reporter's name."""
    if baseline in {route.label for route in sources.config.routes} or baseline.lstrip().startswith("{"):
        return True
    return not is_file(baseline) and default_registry().owner(baseline) is not None


def _held(backend: Backend) -> Callable[[MachineKey], Machine | None]:
    """Return what a backend holds of a project and name; None if it answers, and holds nothing."""

    def held(key: MachineKey) -> Machine | None:
        try:
            return backend.fetch(key.name, key.project_name)
        except NotFoundError:
            return None

    return held


def _single(baseline: str, sources: Sources) -> Machine:
    try:
        return sources.one(baseline)
    except NotFoundError as error:
        labels = [route.label for route in sources.config.routes]
        meant = did_you_mean(baseline, labels)
        what = f"--baseline {baseline!r} is not a label of the config{meant}; labels: {listed(labels)}"
        raise NotFoundError(f"{what}. As a machine: {error}") from error


def _only(candidates: Iterable[Machine], baseline: str) -> Machine:
    machines: Iterator[Machine] = iter(candidates)
    candidate = next(machines, None)
    if candidate is None or next(machines, None) is not None:
        raise click.UsageError(f"--baseline {baseline!r} is one machine, so give one candidate")
    return candidate


def _print(result: GateResult, form: Form, *, has_rules: bool) -> None:
    if form == "json":
        data.echo(canonical.dumps(result.to_dict()))
    elif form == "markdown":
        for line in gate_markdown.lines(result):
            data.echo(line)
    else:
        for text, colour in gate_text.lines(result, has_rules=has_rules):
            click.secho(text, fg=colour)


def _write(path: str, result: GateResult) -> None:
    from newsdesk.cli.comparing import junit  # noqa: PLC0415  (XML, for those who ask for it)

    try:
        write_atomically(Path(path), junit.document(result, datetime.now(UTC)))
    except OSError as error:
        raise click.UsageError(f"--junit {path!r} cannot be written: {error.strerror}") from error
