"""`newsdesk doctor`: is all well with this installation, and if not, what is to do?"""

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
    """Look at versions, plugins, config, references, outbox and limits, and say what is to do.

    Nothing is sent. Exit code: 0 all is well; 1 there is something to do; 2 wrong usage.
    """
    to_do = 0
    for finding in Checkup(config_path, ping=ping).findings():
        _tell(finding, as_json=as_json)
        to_do += bool(finding.remedy)
    if not as_json:
        click.echo(f"{to_do} to do." if to_do else "All is well.")
    ctx.exit(1 if to_do else 0)


def _tell(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        data.echo(json.dumps(finding.to_dict()))
        return
    click.echo(f"{finding.subject}: {finding.text}")
    if finding.remedy:
        click.secho(f"  to do: {finding.remedy}", fg="yellow")
