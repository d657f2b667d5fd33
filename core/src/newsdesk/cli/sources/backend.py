"""A reporter that a command reads from."""

from collections.abc import Iterator
from contextlib import contextmanager

from newsdesk.cli.sources.desk_pool import DeskPool
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.route import Route
from newsdesk.exceptions import (
    AmbiguousMachine,
    DefinitionError,
    MachineDoesNotExist,
    PermanentReporterError,
    ReporterException,
    TransientReporterError,
)
from newsdesk.machine import Machine


class NotFoundError(ReporterException):
    """A machine that is in no file, and that its backend does not hold."""


class AmbiguousNameError(ReporterException):
    """A name that machines of several projects have."""


class Backend:
    """The backend of one reporter; errors name its label. Each thread reads it through a reporter of its own.

    Args:
        desk: A desk of that reporter alone.
    """

    def __init__(self, desk: Desk) -> None:
        self.label = desk.routes[0].label
        self._desk = desk
        self._pool = DeskPool(desk)

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:
        """Return a machine; see `Desk.fetch`.

        Raises:
            NotFoundError: The backend answers, and does not hold it.
            AmbiguousNameError: Machines of several projects have that name.
            PermanentReporterError: It rejects the request, or what it holds is damaged.
            ReporterException: It cannot be read.
        """
        with self._errors(), self._pool.one() as desk:
            return desk.fetch(self.label, name, project_name, revision)

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield what the backend holds; see `Desk.machines`.

        Raises:
            ReporterException: It cannot be read.
        """
        listing = self._desk.machines(self.label, all_revisions=all_revisions)
        while True:
            with self._errors():
                stored = next(listing, None)
            if stored is None:
                return
            yield stored

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DefinitionError:  # which names it
            raise
        except MachineDoesNotExist as error:
            raise NotFoundError(f"{self.label}: {error}") from error
        except AmbiguousMachine as error:
            raise AmbiguousNameError(f"{self.label}: {error}") from error
        except TransientReporterError as error:
            raise TransientReporterError(f"{self.label}: {error}", error.retry_after) from error
        except PermanentReporterError as error:
            raise PermanentReporterError(f"{self.label}: {error}") from error
        except ReporterException as error:
            raise ReporterException(f"{self.label}: {error}") from error


def can_fetch(route: Route) -> bool:
    """Tell whether a reporter can read machines back."""
    return type(route.reporter).fetch is not BaseReporter.fetch
