"""MachineTable: operations on the table of machines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsdesk_postgres.connection.failures import translated
from newsdesk_postgres.connection.pool import Connection, Pool, Values, run
from newsdesk_postgres.errors import PermanentPostgresError
from newsdesk_postgres.row.batches import columns
from newsdesk_postgres.row.listed_row import SUMMARY, ListedRow
from newsdesk_postgres.row.machine_row import KEY, PARTS, Key, Row
from newsdesk_postgres.table import statements
from newsdesk_postgres.table.identifiers import identifier
from newsdesk_postgres.table.migration import State, Unique, migration
from newsdesk_postgres.table.privileges import to_create, to_use

_LOCK = 0x6E657773_6465736B
"""The advisory lock for creating and upgrading tables, and for creating views: "newsdesk" in ASCII."""
_LOCK_SECONDS = 30
"""Seconds to wait for other sessions that use the table."""

PAGE = 500
"""Rows of one statement that lists them."""
_PATHS = dict(
    zip(
        ("created", "scores", "tags", "target_tags"),
        (path.split(".")[1:] for path in SUMMARY),
        strict=True,
    )
)
"""Where the columns `metadata` and `dataset` have what a listing reads."""


def lock(connection: Connection) -> None:
    """Let no other process create or upgrade tables, or create views, until the transaction ends."""
    run(connection, statements.LOCK_MIGRATION.format(lock=_LOCK, seconds=_LOCK_SECONDS))


@dataclass(frozen=True, slots=True)
class MachineTable:
    """The table of machines."""

    name: str
    """Its name with its schema, quoted if necessary."""
    schema: str | None
    """Its schema, quoted if necessary."""

    @classmethod
    def of(cls, table: str, schema: str | None) -> "MachineTable":
        """Return the table of a name, without I/O."""
        parts = [identifier(part) for part in (schema, table) if part is not None]
        return cls(".".join(parts), parts[0] if schema is not None else None)

    def prepare(self, pool: Pool, *, user: str, create: bool, create_schema: bool) -> bool:
        """Create or upgrade the table, if necessary, in one transaction.

        Safe to call from many processes at once.

        Args:
            pool: the connections to use.
            user: the connected user, for the remedy if a privilege is missing.
            create: whether the table may be created and upgraded.
            create_schema: whether its schema may be created.

        Returns:
            Whether it has machines whose project is unknown.
        """
        with (
            translated(f"reading the columns of the table {self.name}", remedy=self.to_use(user)),
            pool.lend() as connection,
        ):
            state = self._state(connection)
            if state.ready:
                return state.project_optional and self._has_unknown_projects(connection)
        changes = migration(self.name, self.schema, state, create_schema=create_schema)
        if not create:
            raise PermanentPostgresError(
                f"the table {self.name} is missing or older than this version, and create=False; run "
                "this, or report once with create=True:\n" + ";\n".join(changes) + ";"
            )
        with (
            translated(f"creating or upgrading the table {self.name}", remedy=to_create(self.schema, user)),
            pool.transaction() as connection,
        ):
            lock(connection)
            # Read again: another process may have done it while this one waited for the lock.
            state = self._state(connection)
            for statement in migration(self.name, self.schema, state, create_schema=create_schema):
                run(connection, statement)
            return self._has_unknown_projects(connection)

    def to_use(self, user: str) -> str:
        """Return what to do if a user lacks privileges on the table."""
        return to_use(self.name, self.schema, user)

    def upsert(self, connection: Connection, rows: Sequence[Row]) -> set[Key]:
        """Write rows of different keys, and return the keys of those that changed."""
        return set(self._run(connection, statements.UPSERT, columns(rows)))

    def adopt(self, connection: Connection, row: Row) -> None:
        """Assign a row of unknown project to the project that reports its machine."""
        self._run(connection, statements.ADOPT, row.values)

    def existing(self, connection: Connection, keys: Iterable[Key]) -> set[Key]:
        """Return the keys that have a row."""
        names, projects = [], []
        for name, project_name in keys:
            names.append(name)
            projects.append(project_name)
        return set(self._run(connection, statements.EXISTING, {"name": names, "project_name": projects}))

    def find(self, connection: Connection, key: Key) -> Mapping[str, Any] | None:
        """Return the row of a key, if there is one."""
        rows = self._run(connection, statements.FIND, dict(zip(KEY, key, strict=True)))
        return dict(zip((*KEY, "record", *PARTS), rows[0], strict=True)) if rows else None

    def projects(self, connection: Connection, name: str) -> list[str]:
        """Return the projects that have a machine of a name."""
        return [project for (project,) in self._run(connection, statements.PROJECTS, {"name": name})]

    def page(self, connection: Connection, after: Key) -> list[ListedRow]:
        """Return the rows that follow a key, at most `PAGE`, ordered by key."""
        asked = {**dict(zip(KEY, after, strict=True)), **_PATHS, "rows": PAGE}
        return [ListedRow(*row) for row in self._run(connection, statements.PAGE, asked)]

    def _has_unknown_projects(self, connection: Connection) -> bool:
        [(found,)] = run(connection, statements.ANY_UNKNOWN_PROJECT.format(table=self.name))
        return bool(found)

    def _state(self, connection: Connection) -> State:
        asked = {"table": self.name, "schema": self.schema}
        [(schema_exists, schemas, names, required, uniques)] = run(connection, statements.STATE, asked)
        return State(
            schema_exists=schema_exists,
            schemas=tuple(schemas),
            columns=frozenset(names),
            project_optional=not required,
            uniques=tuple(
                Unique(index, constraint, frozenset(unique)) for index, constraint, unique in uniques
            ),
        )

    def _run(self, connection: Connection, statement: str, values: Values) -> list[Any]:
        # In a statement with values, psycopg2 interprets percent signs.
        return run(connection, statement.format(table=self.name.replace("%", "%%")), values)
