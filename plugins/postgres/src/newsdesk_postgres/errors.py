"""The errors of this distribution.

The tree, below the base class of newsdesk's errors::

    newsdesk.ReporterException
    └── PostgresReporterException      base class of all errors of this reporter
        ├── TransientPostgresError     also a newsdesk.TransientReporterError: may work if retried
        ├── PermanentPostgresError     also a newsdesk.PermanentReporterError: will never work
        └── MachineDoesNotExist        the machine to fetch is not in the table
"""

from newsdesk import PermanentReporterError, ReporterException, TransientReporterError


class PostgresReporterException(ReporterException):
    """The base class of all errors of the PostgreSQL reporter."""


class TransientPostgresError(PostgresReporterException, TransientReporterError):
    """PostgreSQL cannot store the record now; a retry may succeed."""


class PermanentPostgresError(PostgresReporterException, PermanentReporterError):
    """PostgreSQL will never store the record; a retry would fail too."""


class MachineDoesNotExist(PostgresReporterException):
    """The table has no machine of that name, or none in that project."""
