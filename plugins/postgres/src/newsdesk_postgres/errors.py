"""The errors of this distribution.

The tree, below the base class of newsdesk's errors::

    newsdesk.ReporterException
    └── PostgresReporterException      base class of all errors of this reporter
        ├── TransientPostgresError     also a newsdesk.TransientReporterError: may work if retried
        ├── PermanentPostgresError     also a newsdesk.PermanentReporterError: will never work
        ├── MachineDoesNotExist        also a newsdesk.MachineDoesNotExist: the table does not hold it
        └── AmbiguousMachine           also a newsdesk.AmbiguousMachine: several projects have one
"""

from collections.abc import Sequence

import newsdesk
from newsdesk import PermanentReporterError, ReporterException, TransientReporterError


class PostgresReporterException(ReporterException):
    """The base class of all errors of the PostgreSQL reporter."""


class TransientPostgresError(PostgresReporterException, TransientReporterError):
    """PostgreSQL cannot store the record now; a retry may succeed."""


class PermanentPostgresError(PostgresReporterException, PermanentReporterError):
    """PostgreSQL will never store the record; a retry would fail too."""


class MachineDoesNotExist(PostgresReporterException, newsdesk.MachineDoesNotExist):
    """The table does not hold the machine that was asked for."""


class AmbiguousMachine(PostgresReporterException, newsdesk.AmbiguousMachine):
    """Several projects have a machine of the name that was asked for."""


def not_one(name: str, project_name: str | None, projects: Sequence[str]) -> PostgresReporterException:
    """Return the error for a machine that was not found, or that several projects have.

    Args:
        name: the machine's name.
        project_name: the project that was asked for, if any.
        projects: the projects that have a machine of that name.
    """
    if project_name is None and len(projects) > 1:
        return AmbiguousMachine(name, projects)
    return MachineDoesNotExist(name, project_name, projects=projects)
