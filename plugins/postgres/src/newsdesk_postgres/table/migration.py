"""Pure: the SQL that makes the table of machines, or turns an older one into it.

The project that this one replaces made `machine(name varchar unique, dataset jsonb, model jsonb, metadata
jsonb)`. Its rows, columns and other indexes are kept, so that existing queries are answered as before. The
project of those rows is not known: `project_name` is NULL there.
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
    """The name of the constraint that it belongs to, quoted."""
    columns: frozenset[str]
    """What is unique."""


@dataclass(frozen=True, slots=True)
class State:
    """A table as it is found."""

    schema_exists: bool
    """Whether there is a schema to make it in."""
    schemas: tuple[str, ...]
    """The schemas that there are, quoted; without PostgreSQL's own."""
    columns: frozenset[str]
    """Its columns; none, where there is no table."""
    project_optional: bool
    """Whether there may be rows without a project."""
    uniques: tuple[Unique, ...]
    """Its unique indexes."""

    @property
    def ready(self) -> bool:
        """Whether machines can be reported to it: every column, one machine of a name in each project."""
        keys = {unique.columns for unique in self.uniques}
        return self.columns >= COLUMNS.keys() and frozenset(KEY) in keys and frozenset({"name"}) not in keys


def migration(table: str, schema: str | None, state: State, *, create_schema: bool) -> list[str]:
    """Give the SQL that makes a table ready; none, where it is ready already.

    Args:
        table: its name, quoted.
        schema: that of its schema, quoted.
        state: what it is now.
        create_schema: whether its schema may be created too.

    Raises:
        PermanentPostgresError: there is no such schema, or what has the table's name is not a table of
            machines, so it is left alone.
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
            f"the table {table} is not a table of machines: it has no column {missing}; it was left alone. "
            "Choose another 'table' or 'schema'"
        )
    changes = [
        f"ADD COLUMN {name} {definition.split()[0]}"
        for name, definition in COLUMNS.items()
        if name not in state.columns
    ]
    # The default comes after the column, so that rows we never reported do not claim to be of today.
    changes.append("ALTER COLUMN reported_at SET DEFAULT now()")
    by_name = [unique for unique in state.uniques if unique.columns == {"name"}]
    changes += [f"DROP CONSTRAINT {unique.constraint}" for unique in by_name if unique.constraint]
    if not any(unique.columns == set(KEY) for unique in state.uniques):
        changes.append(f"ADD UNIQUE ({', '.join(KEY)})")
    dropped = [f"DROP INDEX {unique.index}" for unique in by_name if not unique.constraint]
    return [f"ALTER TABLE {table} {change}" for change in changes] + dropped
