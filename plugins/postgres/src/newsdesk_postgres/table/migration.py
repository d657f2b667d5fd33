"""Pure: the SQL that creates the table of machines, or upgrades an older one.

gordo's table was `machine(name varchar unique, dataset jsonb, model jsonb, metadata jsonb)`. Its rows,
columns and other indexes are kept, so that existing queries still work. The project of those rows is
unknown: `project_name` is NULL.
"""

from dataclasses import dataclass

from newsdesk_postgres.errors import PermanentPostgresError
from newsdesk_postgres.row.machine_row import KEY
from newsdesk_postgres.table.statements import COLUMNS, CREATE_SCHEMA, CREATE_TABLE

_ORIGINAL = frozenset({"name", "dataset", "model", "metadata"})


@dataclass(frozen=True, slots=True)
class Unique:
    """One unique index."""

    index: str
    """Its name, quoted."""
    constraint: str | None
    """The name of its constraint, quoted."""
    columns: frozenset[str]
    """The unique columns."""


@dataclass(frozen=True, slots=True)
class State:
    """The current state of a table."""

    schema_exists: bool
    """Whether its schema exists."""
    schemas: tuple[str, ...]
    """The existing schemas, quoted; without PostgreSQL's own."""
    columns: frozenset[str]
    """Its columns; empty if the table does not exist."""
    project_optional: bool
    """Whether rows may be without a project."""
    uniques: tuple[Unique, ...]
    """Its unique indexes."""

    @property
    def ready(self) -> bool:
        """Whether it is up to date: it has every column, and the unique key."""
        keys = {unique.columns for unique in self.uniques}
        return self.columns >= COLUMNS.keys() and frozenset(KEY) in keys and frozenset({"name"}) not in keys


def migration(table: str, schema: str | None, state: State, *, create_schema: bool) -> list[str]:
    """Return the SQL that creates or upgrades a table; none if it is up to date.

    Args:
        table: its name, quoted.
        schema: the name of its schema, quoted.
        state: its current state.
        create_schema: whether its schema may be created.

    Raises:
        PermanentPostgresError: the schema does not exist, or the table has other columns.
    """
    if state.ready:
        return []
    if state.columns:
        return _upgrade(table, state)
    columns = ",\n    ".join(f"{name} {definition}" for name, definition in COLUMNS.items())
    statements = [CREATE_TABLE.format(table=table, columns=columns)]
    if state.schema_exists:
        return statements
    create = CREATE_SCHEMA.format(schema=schema)
    if not create_schema:
        raise PermanentPostgresError(
            f"the database has no schema {schema}, only {', '.join(state.schemas) or 'none'}: correct "
            f"'schema', run {create}, or set 'create_schema: true'"
        )
    return [create, *statements]


def _upgrade(table: str, state: State) -> list[str]:
    if not state.columns >= _ORIGINAL:
        missing = ", ".join(sorted(_ORIGINAL - state.columns))
        raise PermanentPostgresError(
            f"the table {table} is not a table of machines: it has no column {missing}; it was not changed. "
            "Choose another 'table' or 'schema'"
        )
    changes = [
        f"ADD COLUMN {name} {definition.split()[0]}"
        for name, definition in COLUMNS.items()
        if name not in state.columns
    ]
    # The default is set after the column is added, so that existing rows get no date.
    changes.append("ALTER COLUMN reported_at SET DEFAULT now()")
    by_name = [unique for unique in state.uniques if unique.columns == {"name"}]
    changes += [f"DROP CONSTRAINT {unique.constraint}" for unique in by_name if unique.constraint]
    if not any(unique.columns == set(KEY) for unique in state.uniques):
        changes.append(f"ADD UNIQUE ({', '.join(KEY)})")
    dropped = [f"DROP INDEX {unique.index}" for unique in by_name if not unique.constraint]
    return [f"ALTER TABLE {table} {change}" for change in changes] + dropped
