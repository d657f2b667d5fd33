"""Reading: what the table holds, one machine or all of them."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsdesk import Machine, MachineKey, StoredMachine

from newsdesk_postgres.errors import not_one
from newsdesk_postgres.row.machine_row import Key, column_text, machine_of
from newsdesk_postgres.row.text import decode, is_shortened

# psycopg2 is imported when a reporter opens.
if TYPE_CHECKING:
    from newsdesk_postgres.connection.pool import Connection
    from newsdesk_postgres.row.listed_row import ListedRow
    from newsdesk_postgres.table.machine_table import MachineTable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the table of an open reporter."""

    table: "MachineTable"
    """The table."""
    connection: Callable[[str], AbstractContextManager["Connection"]]
    """Lends a connection; its argument says what for, in errors."""
    reference: Callable[[Key], str]
    """Returns where a row is."""

    def fetch(self, name: str, project_name: str | None) -> Machine:
        """Return a machine as it was reported.

        Raises:
            MachineDoesNotExist: the table does not hold it.
            AmbiguousMachine: several projects have one, and `project_name` is None.
        """
        column = column_text(name)
        with self.connection(f"reading the machine {name!r}") as connection:
            if project_name is None:
                projects = self.table.projects(connection, column)
            else:
                projects = [column_text(project_name)]
            row = self.table.find(connection, (column, projects[0])) if len(projects) == 1 else None
            if row is None:
                known = self.table.projects(connection, column)
                raise not_one(name, project_name, [self._project(connection, column, each) for each in known])
        return machine_of(row)

    def machines(self) -> Iterator[StoredMachine]:
        """Yield what the table holds, by key; no connection is in use meanwhile."""
        after: Key | None = ("", "")
        while after is not None:
            with self.connection("listing the machines") as connection:
                rows = self.table.page(connection, after)
            last, after = after, rows[-1].key if rows else None
            for row in rows:
                if row.key != last and (stored := self._stored(row)) is not None:
                    yield stored
                last = row.key
            rows.clear()  # before the next page is read

    def _stored(self, row: "ListedRow") -> StoredMachine | None:
        key = row.machine_key or self._recorded_key(row.key)
        stored = None if key is None else row.stored(key, self.reference(row.key))
        if stored is None:
            _log.warning("the row %.200r is left out: fetch could not find it by its name", row.key)
        return stored

    def _recorded_key(self, key: Key) -> MachineKey | None:
        """Return the key of a machine with a truncated one, from its record."""
        with self.connection("reading a truncated name") as connection:
            row = self.table.find(connection, key)
        return None if row is None else machine_of(row).key

    def _project(self, connection: "Connection", name: str, project_name: str) -> str:
        if not is_shortened(project_name):
            return decode(project_name)
        row = self.table.find(connection, (name, project_name))
        return decode(project_name) if row is None else machine_of(row).project_name
