"""The newsdesk reporter for PostgreSQL."""

from newsdesk_postgres.errors import (
    AmbiguousMachine,
    MachineDoesNotExist,
    PermanentPostgresError,
    PostgresReporterException,
    TransientPostgresError,
)
from newsdesk_postgres.reporter import PostgresReporter
from newsdesk_postgres.views import create_dashboard_views, create_view

__all__ = [
    "AmbiguousMachine",
    "MachineDoesNotExist",
    "PermanentPostgresError",
    "PostgresReporter",
    "PostgresReporterException",
    "TransientPostgresError",
    "create_dashboard_views",
    "create_view",
]
