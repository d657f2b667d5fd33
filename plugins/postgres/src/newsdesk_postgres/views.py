"""create_view and create_dashboard_views: views of the table, only on request."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from newsdesk_postgres.reporter import PostgresReporter

NAME = "machine_by_name"
"""The view's default name."""


def create_view(
    reporter: PostgresReporter,
    name: str = NAME,
    *,
    schema: str | None = None,
    project_name: str | None = None,
) -> None:
    """Create, or replace, a view of the reporter's table in which a name is one machine.

    For queries by name alone, such as those of gordo's dashboards, where several projects have machines of
    one name. Only this function creates a view; reporting never does.

    Args:
        reporter: the reporter of the table.
        name: the view's name.
        schema: the view's schema, which must exist; by default the first in the user's search path.
        project_name: show only the machines of this project; by default, of each name the one that was
            reported last.

    Raises:
        PostgresReporterException: it cannot be created: a privilege or the schema is missing, or there is
            something else of that name.
    """
    from newsdesk_postgres.table import statements  # noqa: PLC0415  (psycopg2, only when needed)
    from newsdesk_postgres.table.machine_table import MachineTable  # noqa: PLC0415

    view, table = MachineTable.of(name, schema), MachineTable.of(reporter.table, reporter.schema)
    statement = statements.CREATE_VIEW if project_name is None else statements.CREATE_VIEW_OF_PROJECT
    escaped = {"view": view.name.replace("%", "%%"), "table": table.name.replace("%", "%%")}
    with _creating(reporter, f"creating the view {view.name}", view.schema) as run_:
        run_(statement.format(**escaped), {"project_name": project_name})


def create_dashboard_views(reporter: PostgresReporter) -> None:
    """Create, or replace, the views for dashboards beside the reporter's table.

    `machine_builds`, `machine_scores`, `machine_folds` and `machine_history`, named after the table and in
    its schema, show builds, scores, folds and training histories as columns; `newsdesk postgres views`
    prints their SQL. Only this function and that SQL create them; reporting never does.

    Args:
        reporter: the reporter of the table.

    Raises:
        PostgresReporterException: they cannot be created: a privilege is missing, or there is something else
            of that name.
    """
    from newsdesk_postgres.dashboards.views import statements  # noqa: PLC0415  (only when needed)
    from newsdesk_postgres.table.machine_table import MachineTable  # noqa: PLC0415  (psycopg2, the same)

    table = MachineTable.of(reporter.table, reporter.schema)
    with _creating(reporter, f"creating the views of {table.name}", table.schema) as run_:
        for statement in statements(reporter.table, reporter.schema):
            run_(statement, None)


@contextmanager
def _creating(
    reporter: PostgresReporter, doing: str, schema: str | None
) -> Iterator[Callable[[str, Mapping[str, Any] | None], None]]:
    """Give what runs a statement, in one transaction, with the remedy if a privilege is missing."""
    from newsdesk_postgres.connection.failures import translated  # noqa: PLC0415  (psycopg2, only when needed)
    from newsdesk_postgres.connection.pool import run  # noqa: PLC0415
    from newsdesk_postgres.table.machine_table import lock  # noqa: PLC0415
    from newsdesk_postgres.table.privileges import to_create  # noqa: PLC0415

    reporter.open()
    with (
        reporter._connection(doing, whole=True) as connection,  # noqa: SLF001  (of this distribution)
        translated(doing, remedy=to_create(schema, connection.info.user)),
    ):
        lock(connection)

        def run_(statement: str, values: Mapping[str, Any] | None) -> None:
            run(connection, statement, values)

        yield run_
