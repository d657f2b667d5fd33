"""Pure: from a table as it is to the table as it must be.

The project that this one replaces made `machine(name varchar unique, dataset jsonb, model jsonb, metadata
jsonb)`. Its rows stay, its columns and its other indexes too, so that what was asked of it is answered as
before. Of its rows the project is not known: `project_name` is NULL there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from newsdesk_postgres.errors import PermanentPostgresError
from newsdesk_postgres.row import KEY

_ORIGINAL = frozenset({"name", "dataset", "model", "metadata"})
_ALL = _ORIGINAL | {
    "project_name",
    "runtime",
    "evaluation",
    "extra",
    "revision",
    "model_key",
    "reported_at",
    "record",
}


@dataclass(frozen=True, slots=True)
class Unique:
    """One unique index."""

    index: str
    """Its name, as SQL takes it."""
    constraint: str | None
    """The name of the constraint that it belongs to, as SQL takes it."""
    columns: frozenset[str]
    """What is unique."""


@dataclass(frozen=True, slots=True)
class State:
    """A table as it is found."""

    table: str
    """Its name, as SQL takes it."""
    schema_exists: bool
    """Whether there is a schema to make it in."""
    columns: frozenset[str]
    """Its columns; none, where there is no table."""
    project_optional: bool
    """Whether there may be rows without a project."""
    uniques: tuple[Unique, ...]
    """Its unique indexes."""

    @property
    def exists(self) -> bool:
        """Whether there is a table."""
        return bool(self.columns)

    @property
    def ready(self) -> bool:
        """Whether machines can be reported to it: every column, one machine of a name in each project."""
        keys = {unique.columns for unique in self.uniques}
        return self.columns >= _ALL and frozenset(KEY) in keys and frozenset({"name"}) not in keys


def upgrade_statements(table: str, state: State, types: Mapping[str, str]) -> list[str]:
    """Give the SQL that turns an older table of machines into a new one.

    Args:
        table: its name, as SQL takes it.
        state: what it is now.
        types: each column of a new table with its type.

    Raises:
        PermanentPostgresError: it is no table of machines, so that it is left alone.
    """
    if not state.columns >= _ORIGINAL:
        missing = ", ".join(sorted(_ORIGINAL - state.columns))
        raise PermanentPostgresError(
            f"the table {table} is no table of machines, for it has no column {missing}: "
            "it is left alone; give another name as 'table', or another 'schema'"
        )
    changes = [f"ADD COLUMN {name} {kind}" for name, kind in types.items() if name not in state.columns]
    # The default comes after the column, so that rows we never reported do not claim to be of today.
    changes.append("ALTER COLUMN reported_at SET DEFAULT now()")
    by_name = [unique for unique in state.uniques if unique.columns == {"name"}]
    changes += [f"DROP CONSTRAINT {unique.constraint}" for unique in by_name if unique.constraint]
    if not any(unique.columns == set(KEY) for unique in state.uniques):
        changes.append(f"ADD UNIQUE ({', '.join(KEY)})")
    dropped = [f"DROP INDEX {unique.index}" for unique in by_name if not unique.constraint]
    return [f"ALTER TABLE {table} {change}" for change in changes] + dropped
