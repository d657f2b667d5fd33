"""create_view: a view of the table in which a name is one machine."""

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
    from newsdesk_postgres.connection.failures import translated  # noqa: PLC0415  (psycopg2, only when needed)
    from newsdesk_postgres.connection.pool import run  # noqa: PLC0415
    from newsdesk_postgres.table import statements  # noqa: PLC0415
    from newsdesk_postgres.table.machine_table import MachineTable  # noqa: PLC0415
    from newsdesk_postgres.table.privileges import to_create  # noqa: PLC0415

    view, table = MachineTable.of(name, schema), MachineTable.of(reporter.table, reporter.schema)
    statement = statements.CREATE_VIEW if project_name is None else statements.CREATE_VIEW_OF_PROJECT
    escaped = {"view": view.name.replace("%", "%%"), "table": table.name.replace("%", "%%")}
    reporter.open()
    doing = f"creating the view {view.name}"
    with reporter._connection(doing) as connection:  # noqa: SLF001  (of this distribution)
        remedy = to_create(view.schema, connection.info.user)
        with translated(doing, remedy=remedy):
            run(connection, statement.format(**escaped), {"project_name": project_name})
