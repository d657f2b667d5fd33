"""The table: its columns, the statements on it, and how it is made ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Executable,
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    Update,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSchema, CreateTable
from sqlalchemy.sql.selectable import TableValuedAlias

from newsdesk_postgres.engine import transaction
from newsdesk_postgres.errors import PermanentPostgresError
from newsdesk_postgres.row import KEY, PARTS
from newsdesk_postgres.sqlstate import translated
from newsdesk_postgres.upgrade import State, Unique, upgrade_statements

# "named": in the default style all names have their percent signs doubled. The class has no annotations.
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]

_LOCK = 0x6E657773_6465736B
"""The advisory lock under which tables are made and changed: "newsdesk" in ASCII."""
_LOCK_SECONDS = 30
"""How long to wait for those who use the table, before it can be changed."""

_STATE = text(
    """
    SELECT
        CAST(:schema AS text) IS NULL OR to_regnamespace(:schema) IS NOT NULL AS schema_exists,
        ARRAY(
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped
        ) AS columns,
        EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(:table) AND attname = 'project_name' AND attnotnull
        ) AS project_required,
        (
            SELECT coalesce(json_agg(json_build_array(
                i.indexrelid::regclass::text,
                (
                    SELECT quote_ident(conname) FROM pg_constraint
                    WHERE conindid = i.indexrelid AND contype IN ('u', 'p')
                ),
                ARRAY(
                    SELECT attname::text FROM pg_attribute
                    WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey) ORDER BY attname
                )
            )), '[]')
            FROM pg_index i
            WHERE i.indrelid = to_regclass(:table) AND i.indisunique AND i.indisvalid
                AND i.indpred IS NULL AND i.indexprs IS NULL
        ) AS uniques
    """
)


@dataclass(frozen=True, slots=True)
class MachineTable:
    """The table of machines, and what is done with it."""

    table: Table
    """Its columns."""
    upsert: Executable
    """Write a row, unless its revision is there already; gives a row when it wrote."""
    upsert_many: Executable
    """Write rows that are given by column; gives the keys of those that were written."""
    held: Executable
    """Of keys that are given by column, give those that are there."""
    adopt: Update
    """Give a row of unknown project the project that now reports its machine."""

    @property
    def name(self) -> str:
        """The name with its schema, quoted where SQL asks for it."""
        return _DIALECT.identifier_preparer.format_table(self.table)

    def prepare(self, engine: Engine, *, create: bool) -> bool:
        """Make the table ready: create it, or upgrade it; only looked at when it is ready already.

        Many processes may do it at once. It happens whole or not at all.

        Args:
            engine: where.
            create: whether the table may be made and changed.

        Returns:
            Whether it holds machines whose project is not known.
        """
        with translated(f"looking at the table {self.name}"), engine.connect() as connection:
            state = self._state(connection)
            if state.ready:
                return state.project_optional and self._has_unknown_projects(connection)
        if not create:
            raise PermanentPostgresError(
                f"the table {self.name} is missing or older than this version, and create=False forbids "
                "to change that; run this, or report once with create=True:\n"
                + ";\n".join(self._statements(state))
                + ";"
            )
        with translated(f"making the table {self.name} ready"), transaction(engine) as connection:
            self._make_ready(connection)
            return self._has_unknown_projects(connection)

    def by_name(self, name: str) -> Select[Any]:
        """Select the machines of a name, whatever their project, as text."""
        columns = self.table.c
        shown = [columns[key] for key in (*KEY, "record")]
        return select(*shown, *(cast(columns[part], Text).label(part) for part in PARTS)).where(
            columns.name == name
        )

    def projects_of(self, name: str) -> Select[Any]:
        """Select the projects that have a machine of a name."""
        columns = self.table.c
        return select(columns.project_name).where(columns.name == name).order_by(columns.project_name)

    def _make_ready(self, connection: Connection) -> None:
        connection.execute(text("SET LOCAL statement_timeout = 0"))  # an index over many rows takes its time
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        for statement in self._statements(self._state(connection)):
            connection.exec_driver_sql(statement.replace("%", "%%"))

    def _statements(self, state: State) -> list[str]:
        if state.ready:
            return []
        if state.exists:
            return upgrade_statements(self.name, state, _types(self.table))
        schema = (
            [str(CreateSchema(self.table.schema))] if self.table.schema and not state.schema_exists else []
        )
        return [*schema, str(CreateTable(self.table).compile(dialect=_DIALECT)).strip()]

    def _state(self, connection: Connection) -> State:
        schema = self.table.schema
        quoted = None if schema is None else _DIALECT.identifier_preparer.quote_schema(schema)
        row = connection.execute(_STATE, {"table": self.name, "schema": quoted}).one()
        return State(
            table=self.name,
            schema_exists=row.schema_exists,
            columns=frozenset(row.columns),
            project_optional=not row.project_required,
            uniques=tuple(
                Unique(index, constraint, frozenset(columns)) for index, constraint, columns in row.uniques
            ),
        )

    def _has_unknown_projects(self, connection: Connection) -> bool:
        return bool(connection.scalar(select(exists().where(self.table.c.project_name.is_(None)))))


def machine_table(name: str, schema: str | None = None) -> MachineTable:
    """Describe the table of that name; nothing is asked of the server."""
    table = Table(
        name,
        MetaData(schema=schema),
        *(Column(key, Text, nullable=False) for key in KEY),
        *(Column(part, postgresql.JSONB) for part in PARTS),
        Column("revision", Text),
        Column("model_key", Text),
        Column("reported_at", DateTime(timezone=True), server_default=func.now()),
        Column("record", Text),
        # The name comes first, so that the index also serves who asks for a name alone.
        UniqueConstraint(*KEY),
    )
    return MachineTable(table, _upsert(table), _upsert_many(table), _held(table), _adopt(table))


def _upsert(table: Table) -> Executable:
    # The JSON is passed ready-made, as text: it is not for SQLAlchemy to write it once more.
    texts = {name: bindparam(f"new_{name}", type_=Text) for name in _written(table)}
    values = {name: _typed(name, value) for name, value in texts.items()}
    insert = postgresql.insert(table).values(**values, reported_at=func.now())
    return _on_conflict(table, insert)


def _upsert_many(table: Table) -> Executable:
    # One array for each column: however many rows there are, the statement is the same, and compiled once.
    names = _written(table)
    new = _given(names)
    columns = [_typed(name, new.c[name]) for name in names]
    rows = select(*columns, func.now()).order_by(*(new.c[key] for key in KEY))
    return _on_conflict(table, postgresql.insert(table).from_select([*names, "reported_at"], rows))


def _held(table: Table) -> Executable:
    asked = _given(KEY)
    same = and_(*(table.c[key] == asked.c[key] for key in KEY))
    return select(*(asked.c[key] for key in KEY)).where(exists().where(same))


def _on_conflict(table: Table, insert: postgresql.Insert) -> Executable:
    changed = {each.name: each for each in insert.excluded if each.name not in KEY}
    return insert.on_conflict_do_update(
        index_elements=list(KEY),
        set_=changed,
        where=table.c.revision.is_distinct_from(insert.excluded.revision),
    ).returning(*(table.c[key] for key in KEY))


def _typed(name: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(value, postgresql.JSONB) if name in PARTS else value


def _written(table: Table) -> list[str]:
    return [each.name for each in table.c if each.name != "reported_at"]


def _given(names: Sequence[str]) -> TableValuedAlias:
    """Give rows whose columns are bound as arrays of text."""
    arrays = (bindparam(f"new_{name}", type_=postgresql.ARRAY(Text)) for name in names)
    return (
        func.unnest(*(cast(array, postgresql.ARRAY(Text)) for array in arrays))
        .table_valued(*(column(name, Text) for name in names), name="new")
        .render_derived()
    )


def _adopt(table: Table) -> Update:
    name, project = bindparam("new_name", type_=Text), bindparam("new_project_name", type_=Text)
    other = table.alias("other")
    taken = exists().where(and_(other.c.name == name, other.c.project_name == project))
    unknown = and_(table.c.name == name, table.c.project_name.is_(None), ~taken)
    return update(table).where(unknown).values(project_name=project)


def _types(table: Table) -> dict[str, str]:
    return {each.name: each.type.compile(_DIALECT) for each in table.c}
