"""What a reporter's backend holds, read by several threads."""

import contextlib
import copy
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Self

import click

from newsdesk.cli.desks import Desks
from newsdesk.cli.named import named
from newsdesk.cli.sources.desk_pool import DeskPool
from newsdesk.cli.transfer.held import Held
from newsdesk.config.choice import ConfigChoice
from newsdesk.config.file import Config
from newsdesk.contract.answer import PATIENCE
from newsdesk.contract.stored import StoredMachine
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.route import Route
from newsdesk.exceptions import DefinitionError, TransientReporterError
from newsdesk.machine import Machine, MachineKey

_log = logging.getLogger(__name__)


class Endpoint:
    """The backend of one reporter. Each thread reads it through a reporter of its own.

    Args:
        desk: A desk of that reporter alone; closed at the end.
    """

    def __init__(self, desk: Desk) -> None:
        [route] = desk.routes
        self.label = route.label
        self.route = route
        self._desk = desk
        self._pool = DeskPool(desk)
        self._failures = 0

    @classmethod
    def of(cls, config: Config, route: Route) -> Self:
        """Read through a copy of a reporter, which may deliver meanwhile; what it is owed is left alone."""
        own = Route(route.label, copy.copy(route.reporter), when=route.when)
        return cls(replace(config, routes=(own,), outbox=None).desk())

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield what it holds.

        Raises:
            DefinitionError: The reporter cannot list that.
            click.ClickException: It does not answer.
        """
        listing = self._desk.machines(self.label, all_revisions=all_revisions)
        if sys.stderr.isatty():
            from newsdesk.cli.listing.terminal import counting  # noqa: PLC0415  (rich, for a terminal alone)

            listing = counting(listing)
        with self._errors():
            yield from listing

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return those of the machines that it holds, in any revision.

        Raises:
            NotImplementedError: The reporter cannot tell.
            click.ClickException: It does not answer.
        """
        with self._errors(), self._pool.one() as desk:
            return desk.holds(self.label, keys)

    def fetch(self, key: MachineKey, revision: str | None = None) -> Machine:
        """Read a record; not any more when the backend is down, after some failures in a row.

        Raises:
            ReporterException: It cannot be read.
        """
        if self._failures >= PATIENCE:
            raise TransientReporterError(
                f"not tried, since {self.label} did not answer {PATIENCE} times in a row; run it again later"
            )
        try:
            with self._pool.one() as desk:
                machine = desk.fetch(self.label, key.name, key.project_name, revision)
        except TransientReporterError:
            self._failures += 1
            raise
        except Exception:
            self._failures = 0
            raise
        self._failures = 0
        return machine

    def identified(self, key: MachineKey, held: Held) -> Held:
        """Return what it holds of a machine with its revision, by its record where that is not known.

        Raises:
            ReporterException: The record cannot be read.
        """
        return self._read(key, held) if held.revision is None else held

    def dated(self, key: MachineKey, held: Held) -> Held:
        """Return what it holds of a machine with the date of its build, by its record if that is not known.

        Raises:
            ReporterException: The record cannot be read.
        """
        return self._read(key, held) if held.created is None else held

    def _read(self, key: MachineKey, held: Held) -> Held:
        return held.with_record(self.fetch(key, held.revision))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (DefinitionError, NotImplementedError, click.ClickException):
            raise
        except Exception as error:  # a bug in the reporter, too
            _log.debug("%s cannot list what it holds", self.label, exc_info=error)
            text = f"{self.label} cannot list what it holds: {type(error).__name__}: {error}"
            raise click.ClickException(text) from error


def ends(from_: str, to: Sequence[str], choice: ConfigChoice) -> tuple[Route, Desks]:
    """Return the reporter that `--from` names, and the desks of the one reporter that `--to` names.

    Raises:
        DefinitionError: One of them cannot be used.
        click.UsageError: `--to` names none, or several.
    """
    [source] = named([from_], Desks(choice, ()).config, option="--from")
    desks = Desks(choice, to)
    if source.label == desks.only_route().label:  # in receipts, a failure is of one of them
        source = replace(source, label=f"{source.label} (--from)")
    return source, desks
