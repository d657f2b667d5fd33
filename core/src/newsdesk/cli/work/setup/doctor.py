"""What `newsdesk doctor` does."""

import json
import logging

import click

from newsdesk.cli import data
from newsdesk.cli.logs import say
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.finding import Finding
from newsdesk.doctor.checkup import Checkup
from newsdesk.exceptions import ReporterException


def run(choice: ConfigChoice, *, ping: bool, as_json: bool, fix: bool, yes: bool) -> int:
    """Run the command, and return its exit code."""
    to_do = 0
    for finding in Checkup(choice, ping=ping).findings():
        _show(finding, as_json=as_json)
        to_do += bool(finding.remedy) and not (fix and _fixed(finding, ask=not yes))
    if not as_json:
        click.echo(f"{to_do} to fix." if to_do else "No problems found.")
    return 1 if to_do else 0


def _fixed(finding: Finding, *, ask: bool) -> bool:
    """Fix it, if that is possible from here and wanted, and return whether it is done."""
    if finding.fix is None or (ask and not click.confirm("  do that now?", err=True)):
        return False
    try:
        done = finding.fix()
    except ReporterException as error:
        say(f"  not fixed: {error}", logging.ERROR, colour="red")
        return False
    say(f"  {done}", colour="green")
    return True


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        data.echo(json.dumps(finding.to_dict()))
        return
    click.echo(f"{finding.subject}: {finding.text}")
    if finding.remedy:
        click.secho(f"  fix: {finding.remedy}", fg="yellow")
