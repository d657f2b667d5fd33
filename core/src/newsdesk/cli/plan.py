"""`newsdesk plan`: what would be sent."""

import json
from dataclasses import asdict

import click

from newsdesk.cli import options
from newsdesk.cli.desks import Desks
from newsdesk.cli.inputs import Inputs
from newsdesk.machine import Machine
from newsdesk.receipt import Plan
from newsdesk.route import Route


@click.command()
@options.files
@options.to
@options.config
@options.as_json
def command(files: tuple[str, ...], to: tuple[str, ...], config_path: str | None, as_json: bool) -> None:  # noqa: FBT001  (click's signature)
    """Say what would be sent of the machines in FILE..., in how many requests, with what changes. No network is used."""
    inputs, desks = Inputs(files), Desks(config_path, to)
    inputs.check()
    for machine in inputs:
        for route in desks.of(machine).routes:
            _tell(machine, route, route.reporter.plan(machine), as_json=as_json)


def _tell(machine: Machine, route: Route, plan: Plan, *, as_json: bool) -> None:
    if as_json:
        key = {"project_name": machine.project_name, "name": machine.name}
        told = {"machine": key, "reporter": route.label, **asdict(plan)}
        click.echo(json.dumps(told))
        return
    items = ", ".join(f"{count} {kind}" for kind, count in plan.items.items()) or "the record"
    size = f", about {plan.size} bytes" if plan.size else ""
    click.echo(f"{machine.key} at {route.label}: {items} in {plan.requests} requests{size}")
    for alteration in plan.alterations:
        click.echo(f"  {alteration}")
