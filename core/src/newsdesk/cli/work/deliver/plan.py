"""What `newsdesk plan` does."""

import json
import logging
from collections import Counter
from dataclasses import asdict, dataclass, field, replace

import click

from newsdesk.alteration import of_redactions
from newsdesk.cli import data
from newsdesk.cli.desks import Desks
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.logs import plain, say
from newsdesk.cli.receipts.causes import Causes, named
from newsdesk.cli.receipts.plans import Plans, lines
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.delivery import Plan
from newsdesk.delivery.route import Route
from newsdesk.machine import Machine
from newsdesk.secrets import mask_text

MANY = 10
"""Machines from which on there is a summary, unless each is asked for, and advice for many."""

_log = logging.getLogger(__name__)


def run(
    files: tuple[str, ...], to: tuple[str, ...], choice: ConfigChoice, *, as_json: bool, each: bool
) -> int:
    """Run the command, and return its exit code."""
    inputs, desks = Inputs(files), Desks(choice, to)
    inputs.check()
    causes, plans, redacting, shown = Causes(), Plans(), _Redacting(), _Lines(each=each)
    for machine in inputs:
        shown.begin()
        for route in desks.of(machine).routes:
            is_sent = route.takes(machine)
            plan = _planned(route.form_of(machine), route, causes) if is_sent else Plan(requests=0)
            if is_sent:
                redacting.note(route, machine)
            if plan is None:
                continue
            if as_json:
                data.echo(_json(machine, route, plan, skipped=not is_sent))
            elif is_sent:
                plans.add(route.label, machine.key, plan)
                shown.add(*lines(route.label, machine.key, plan))
            else:
                plans.skip(route.label)
                why = f"skipped, since it takes machines with {route.when}"
                shown.add(plain(f"{machine.key} at {route.label}: {why}"))
    if not as_json:
        for line in (*shown.end(), *(plans.lines() if shown.are_many else ()), *plans.advice(MANY)):
            click.echo(line)
    redacting.warn()
    failures = causes.texts()
    for _, text in failures:
        say(text, logging.ERROR)
    return 1 if failures else 0


class _Lines:
    """The lines of machines: shown as they come where each is asked for, else only if they are few."""

    def __init__(self, *, each: bool) -> None:
        self._each = each
        self._held: list[str] = []
        self._machines = 0

    @property
    def are_many(self) -> bool:
        """Whether there are so many machines that their plans are summed up."""
        return self._machines >= MANY

    def begin(self) -> None:
        """Note that the lines of another machine follow."""
        self._machines += 1
        if self.are_many:
            self._held.clear()

    def add(self, *lines: str) -> None:
        """Show lines, or hold them while there are few machines."""
        if self._each:
            for line in lines:
                click.echo(line)
        elif not self.are_many:
            self._held += lines

    def end(self) -> list[str]:
        """Return the lines that are held."""
        return self._held


@dataclass
class _Redacting:
    """What `redact` finds: a path that is in no machine may be misspelled."""

    unmatched: Counter[tuple[str, str]] = field(default_factory=Counter)
    """For each path of a reporter, in how many machines it is not."""
    machines: Counter[str] = field(default_factory=Counter)
    """How many machines each reporter gets."""

    def note(self, route: Route, machine: Machine) -> None:
        """Note what a reporter's paths find in a machine that it gets."""
        self.machines[route.label] += 1
        for path, _ in route.redact.unmatched(machine) if route.redact else ():
            self.unmatched[route.label, path.text] += 1

    def warn(self) -> None:
        """Print the paths that are in none of the machines."""
        for (label, path), count in self.unmatched.items():
            if count == self.machines[label]:
                say(f"{label}: redact {path!r} is in none of the {count} machines", logging.WARNING)


def _planned(machine: Machine, route: Route, causes: Causes) -> Plan | None:
    try:
        plan: Plan = route.reporter.plan(machine)
        plan = replace(plan, alterations=[*of_redactions(machine.redactions), *plan.alterations])
    except Exception as error:  # noqa: BLE001  (the isolation of reporters from each other)
        _log.debug("%s at %s has no plan", machine.key, route.label, exc_info=error)
        text = mask_text(f"{type(error).__name__}: {error}", route.reporter.secret_values())
        causes.add(named(route.label, required=route.required), "not planned", machine.key, text)
        return None
    return plan


def _json(machine: Machine, route: Route, plan: Plan, *, skipped: bool) -> str:
    key = {"project_name": machine.project_name, "name": machine.name}
    return json.dumps({"machine": key, "reporter": route.label, "skipped": skipped, **asdict(plan)})
