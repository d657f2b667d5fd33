"""The entries of a list: as the backend lists them, with what only their records have."""

import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from newsdesk.cli.listing.order import Order
from newsdesk.cli.listing.seen import Seen
from newsdesk.cli.sources.backend import Backend
from newsdesk.cli.transfer.ahead import ahead
from newsdesk.contract.stored import StoredMachine
from newsdesk.exceptions import DefinitionError, ReporterException, TransientReporterError

READERS = 4
"""Records that are read at a time."""

FAULTS = 3
"""Records that a message names, where many cannot be read."""

UNREAD: Mapping[str, float] = MappingProxyType({})
"""The scores of an entry whose record could not be read."""


class Entries:
    """The entries of a list.

    Args:
        backend: What is listed.
        seen: Notes which scores there are.
        project: Only machines of this project; of all, when None.
        all_revisions: Whether every revision is listed.
        counted: Yields the entries that it is given, and shows how many they are.
    """

    def __init__(
        self,
        backend: Backend,
        seen: Seen,
        project: str | None = None,
        *,
        all_revisions: bool = False,
        counted: Callable[[Iterable[StoredMachine]], Iterable[StoredMachine]] | None = None,
    ) -> None:
        self._backend = backend
        self._all_revisions = all_revisions
        self._seen = seen
        self._project = project
        self._counted = counted
        self._lock = threading.Lock()
        self.unread = 0
        """How many records could not be read."""
        self.faults: list[str] = []
        """Why; of the first few."""

    def listed(self, order: Order | None, limit: int | None, *, scores: bool) -> Iterator[StoredMachine]:
        """Yield what the backend lists.

        A record is read only of an entry that is to be shown with scores that the backend did not list, or
        whose place needs it.

        Args:
            order: Their order; as they come, when None.
            limit: How many, at most.
            scores: Whether scores are shown.

        Raises:
            ReporterException: The backend cannot be read.
        """
        entries = self._of_project()
        if order is None:
            entries = _limited(entries, limit)
        else:
            read = self._seen.looking(self._with_records(entries, order.needs_record))
            entries = iter(order.sorted(read, limit))
        entries = self._with_records(entries, _lacks_scores) if scores else entries
        return self._seen.noting(entries)

    def _of_project(self) -> Iterator[StoredMachine]:
        entries: Iterable[StoredMachine] = self._backend.machines(all_revisions=self._all_revisions)
        for entry in entries if self._counted is None else self._counted(entries):
            if self._project in (None, entry.key.project_name):
                yield entry

    def _with_records(
        self, entries: Iterable[StoredMachine], is_needed: Callable[[StoredMachine], bool]
    ) -> Iterator[StoredMachine]:
        """Yield entries in their order, while the records of those that need it are read ahead."""

        def complete(entry: StoredMachine) -> StoredMachine:
            return self._read(entry) if is_needed(entry) else entry

        return ahead(complete, entries, workers=READERS, most=2 * READERS)

    def _read(self, entry: StoredMachine) -> StoredMachine:
        """Return an entry with what its record has."""
        project, name = entry.key
        try:
            # Without the revision, where it may have been replaced meanwhile: the newest is asked for.
            machine = self._backend.fetch(name, project, entry.revision if self._all_revisions else None)
        except (DefinitionError, TransientReporterError):
            raise
        except ReporterException as error:  # damaged, removed meanwhile, or a bug in the reporter
            with self._lock:
                self.unread += 1
                if len(self.faults) < FAULTS:
                    self.faults.append(f"{entry.key}: {error}")
            return dataclasses.replace(entry, scores=UNREAD)
        return StoredMachine.of(machine, time=entry.time, reference=entry.reference)


def _lacks_scores(entry: StoredMachine) -> bool:
    return entry.scores is None


def _limited(entries: Iterator[StoredMachine], limit: int | None) -> Iterator[StoredMachine]:
    """Yield entries up to a limit, and do not ask for another."""
    for count, entry in enumerate(entries, start=1):
        yield entry
        if count == limit:
            return
