"""`newsdesk postgres`: prints what dashboards need; contacts nothing."""

import json

import click

from newsdesk_postgres.dashboards.grafana import dashboard
from newsdesk_postgres.dashboards.views import statements

_HELP = {"help_option_names": ["-h", "--help"]}
_TABLE = click.option("--table", default="machine", show_default=True, help="The reporter's table.")
_SCHEMA = click.option("--schema", help="Its schema; by default the first in the role's search path.")


@click.group(context_settings=_HELP)
def command() -> None:
    """Print views for SQL, and a dashboard of Grafana."""


@command.command("views", context_settings=_HELP)
@_TABLE
@_SCHEMA
def views(table: str, schema: str | None) -> None:
    """Print the SQL of the views for dashboards, for their owner to run.

    newsdesk postgres views --schema plant | psql machines
    """
    click.echo("BEGIN;")
    for statement in statements(table, schema):
        click.echo(f"{statement};")
    click.echo("COMMIT;")


@command.command("dashboard", context_settings=_HELP)
@click.option(
    "--datasource", metavar="NAME", help="The data source in Grafana; by default its first PostgreSQL."
)
@_TABLE
@_SCHEMA
def dashboard_(datasource: str | None, table: str, schema: str | None) -> None:
    """Print a dashboard of Grafana that uses the views, as JSON to import.

    newsdesk postgres dashboard --datasource machines > machines.json
    """
    found = dashboard(datasource=datasource, table=table, schema=schema)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
