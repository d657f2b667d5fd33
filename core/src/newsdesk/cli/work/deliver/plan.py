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
from newsdesk.cli.logs import say
from newsdesk.cli.receipts.causes import Causes, named
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.delivery import Plan
from newsdesk.delivery.route import Route
from newsdesk.machine import Machine
from newsdesk.secrets import mask_text

_MANY = 10
"""Machines from which on advice for many is given."""

_log = logging.getLogger(__name__)


def run(files: tuple[str, ...], to: tuple[str, ...], choice: ConfigChoice, *, as_json: bool) -> int:
    """Run the command, and return its exit code."""
    inputs, desks = Inputs(files), Desks(choice, to)
    inputs.check()
    causes, advised, redacting = Causes(), Counter[tuple[str, str]](), _Redacting()
    for machine in inputs:
        for route in desks.of(machine).routes:
            is_sent = route.takes(machine)
            plan = _planned(route.form_of(machine), route, causes) if is_sent else Plan(requests=0)
            if plan is not None:
                _show(machine, route, plan, is_sent=is_sent, as_json=as_json)
                advised[route.label, plan.advice] += 1
            if is_sent:
                redacting.note(route, machine)
    for (label, advice), count in advised.items():
        if advice and count >= _MANY and not as_json:
            click.echo(f"{label}: {count} machines: {advice}")
    redacting.warn()
    failures = causes.texts()
    for _, text in failures:
        click.echo(text, err=True)
    return 1 if failures else 0


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


def _show(machine: Machine, route: Route, plan: Plan, *, is_sent: bool, as_json: bool) -> None:
    if as_json:
        key = {"project_name": machine.project_name, "name": machine.name}
        data.echo(
            json.dumps({"machine": key, "reporter": route.label, "skipped": not is_sent, **asdict(plan)})
        )
        return
    if not is_sent:
        click.echo(f"{machine.key} at {route.label}: skipped, since it takes machines with {route.when}")
        return
    items = ", ".join(f"{count} {kind}" for kind, count in plan.items.items()) or "the record"
    size = f", about {plan.size} bytes" if plan.size else ""
    click.echo(f"{machine.key} at {route.label}: {items} in {plan.requests} requests{size}")
    for alteration in plan.alterations:
        click.echo(f"  {alteration}")
