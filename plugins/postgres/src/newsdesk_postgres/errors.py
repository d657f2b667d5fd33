"""The errors of this distribution.

The tree, below the base class of newsdesk's errors::

    newsdesk.ReporterException
    └── PostgresReporterException      base class of all errors of this reporter
        ├── TransientPostgresError     also a newsdesk.TransientReporterError: may work if retried
        ├── PermanentPostgresError     also a newsdesk.PermanentReporterError: will never work
        └── MachineDoesNotExist        the machine to fetch is not in the table
"""

from collections.abc import Sequence

from newsdesk import PermanentReporterError, ReporterException, TransientReporterError


class PostgresReporterException(ReporterException):
    """The base class of all errors of the PostgreSQL reporter."""


class TransientPostgresError(PostgresReporterException, TransientReporterError):
    """PostgreSQL cannot store the record now; a retry may succeed."""


class PermanentPostgresError(PostgresReporterException, PermanentReporterError):
    """PostgreSQL will never store the record; a retry would fail too."""


class MachineDoesNotExist(PostgresReporterException):
    """The table has no machine of that name, or none in that project."""


def not_one(name: str, project_name: str | None, projects: Sequence[str | None]) -> PostgresReporterException:
    """Return the error for a machine that was not found, or that several projects have.

    Args:
        name: the machine's name.
        project_name: the project that was asked for, if any.
        projects: the projects that have a machine of that name.
    """
    known = ", ".join("an unknown project" if project is None else repr(project) for project in projects)
    if not projects:
        return MachineDoesNotExist(f"machine {name!r} does not exist: report it first, or correct the name")
    if project_name is not None:
        return MachineDoesNotExist(
            f"machine {name!r} does not exist in project {project_name!r}, only in {known}"
        )
    return PostgresReporterException(
        f"machine {name!r} exists in {len(projects)} projects, {known}: choose one with 'project_name'"
    )
