"""What `newsdesk plan` does."""

import json
import logging
from collections import Counter
from dataclasses import asdict

import click

from newsdesk.cli import data
from newsdesk.cli.desks import Desks
from newsdesk.cli.inputs import Inputs
from newsdesk.cli.receipts.causes import Causes, named
from newsdesk.contract.delivery import Plan
from newsdesk.delivery.route import Route
from newsdesk.machine import Machine
from newsdesk.secrets import mask_text

_MANY = 10
"""Machines from which on advice for many is given."""

_log = logging.getLogger(__name__)


def run(files: tuple[str, ...], to: tuple[str, ...], config_path: str | None, *, as_json: bool) -> int:
    """Run the command, and return its exit code."""
    inputs, desks = Inputs(files), Desks(config_path, to)
    inputs.check()
    causes, advised = Causes(), Counter[tuple[str, str]]()
    for machine in inputs:
        for route in desks.of(machine).routes:
            plan = _planned(machine, route, causes)
            if plan is not None:
                _show(machine, route, plan, as_json=as_json)
                advised[route.label, plan.advice] += 1
    for (label, advice), count in advised.items():
        if advice and count >= _MANY and not as_json:
            click.echo(f"{label}: {count} machines: {advice}")
    failures = causes.texts()
    for _, text in failures:
        click.echo(text, err=True)
    return 1 if failures else 0


def _planned(machine: Machine, route: Route, causes: Causes) -> Plan | None:
    try:
        plan: Plan = route.reporter.plan(machine)
    except Exception as error:  # noqa: BLE001  (the isolation of reporters from each other)
        _log.debug("%s at %s has no plan", machine.key, route.label, exc_info=error)
        text = mask_text(f"{type(error).__name__}: {error}", route.reporter.secret_values())
        causes.add(named(route.label, required=route.required), "not planned", machine.key, text)
        return None
    return plan


def _show(machine: Machine, route: Route, plan: Plan, *, as_json: bool) -> None:
    if as_json:
        key = {"project_name": machine.project_name, "name": machine.name}
        data.echo(json.dumps({"machine": key, "reporter": route.label, **asdict(plan)}))
        return
    items = ", ".join(f"{count} {kind}" for kind, count in plan.items.items()) or "the record"
    size = f", about {plan.size} bytes" if plan.size else ""
    click.echo(f"{machine.key} at {route.label}: {items} in {plan.requests} requests{size}")
    for alteration in plan.alterations:
        click.echo(f"  {alteration}")
