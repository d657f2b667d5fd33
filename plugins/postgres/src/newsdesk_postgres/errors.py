"""The errors of this distribution.

They are drawn here below the root of newsdesk's own::

    newsdesk.ReporterException
    └── PostgresReporterException      catch this for whatever a report to PostgreSQL raises
        ├── TransientPostgresError     also a newsdesk.TransientReporterError: worth another try
        ├── PermanentPostgresError     also a newsdesk.PermanentReporterError: never will work
        └── MachineDoesNotExist        what was to be fetched is not there
"""

from newsdesk import PermanentReporterError, ReporterException, TransientReporterError


class PostgresReporterException(ReporterException):
    """The root of all errors of the PostgreSQL reporter."""


class TransientPostgresError(PostgresReporterException, TransientReporterError):
    """PostgreSQL could not take the record now, and may take it later."""


class PermanentPostgresError(PostgresReporterException, PermanentReporterError):
    """PostgreSQL will not take the record, however often it is asked."""


class MachineDoesNotExist(PostgresReporterException):
    """The table holds no machine of that name, or of that name in that project."""
