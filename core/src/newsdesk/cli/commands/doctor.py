"""`newsdesk doctor`: diagnose an installation."""

import json

import click

from newsdesk.cli import data, options
from newsdesk.contract.finding import Finding
from newsdesk.doctor.checkup import Checkup


@click.command()
@options.config
@options.ping
@options.as_json
@click.pass_context
def command(ctx: click.Context, config_path: str | None, ping: bool, as_json: bool) -> None:  # noqa: FBT001  (click's signature)
    """Diagnose an installation and list fixes: versions, plugins, config, references, outbox, limits.

    Sends nothing. Exit code: 0 no problems; 1 something to fix; 2 wrong usage.
    """
    to_do = 0
    for finding in Checkup(config_path, ping=ping).findings():
        _show(finding, as_json=as_json)
        to_do += bool(finding.remedy)
    if not as_json:
        click.echo(f"{to_do} to fix." if to_do else "No problems found.")
    ctx.exit(1 if to_do else 0)


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        data.echo(json.dumps(finding.to_dict()))
        return
    click.echo(f"{finding.subject}: {finding.text}")
    if finding.remedy:
        click.secho(f"  fix: {finding.remedy}", fg="yellow")
