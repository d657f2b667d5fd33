"""PostgresReporter: one row for each machine."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, TypeVar

from newsdesk import (
    BaseReporter,
    DefinitionError,
    Delivery,
    Machine,
    MachineKey,
    PermanentReporterError,
    Plan,
    ReporterException,
    Secret,
)

from newsdesk_postgres.connection.address import Address
from newsdesk_postgres.connection.settings import CONNECT_TIMEOUT, STATEMENT_TIMEOUT, settings
from newsdesk_postgres.errors import MachineDoesNotExist, PostgresReporterException
from newsdesk_postgres.parameters import SslMode, parameter_faults
from newsdesk_postgres.row.batches import batches
from newsdesk_postgres.row.machine_row import Row, column_text, machine_of, row_of

# Importing SQLAlchemy takes a second: it is done when a reporter opens, not when its parameters are listed.
if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from newsdesk_postgres.connection.login import Login, RefusedLogins
    from newsdesk_postgres.embedded import EmbeddedPostgres
    from newsdesk_postgres.table.machine_table import MachineTable
    from newsdesk_postgres.table.server_info import ServerInfo


class PostgresReporter(BaseReporter):
    """Keeps each machine in a row of a table in PostgreSQL.

    Reported again, the row is overwritten; in the same revision, it is left alone. Give one of `host`,
    `url` and `embedded`.

    Args:
        host: the server's name, address, or folder of sockets.
        port: its port.
        user: whom to connect as.
        password: that user's password.
        database: the database.
        schema: the table's schema; without it, the first of the user's search path.
        table: the table's name.
        sslmode: how far TLS is demanded; without it, libpq's default.
        connect_timeout: seconds to wait for a connection, rounded up, at least 2.
        statement_timeout: seconds that a statement may take; None to leave it to the server, also where a
            pooler such
            as PgBouncer refuses options of a connection.
        url: all of that in one, such as `postgresql://user:password@host/database`. What it says as libpq's
            parameters, such as `?target_session_attrs=read-write`, counts more than a default here.
        embedded: a folder, for a private PostgreSQL that is started when it is needed; see
            `EmbeddedPostgres`.
        create: whether the table may be made, and an older one upgraded.
        create_schema: whether `schema` may be created where it is missing; else that is an error.

    Raises:
        DefinitionError: parameters that contradict each other; all of them at once.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int = 5432,
        user: str = "postgres",
        password: Secret = "postgres",  # noqa: S107  (the signature of the project that this one replaces)
        database: str = "postgres",
        *,
        schema: str | None = None,
        table: str = "machine",
        sslmode: SslMode | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        statement_timeout: float | None = STATEMENT_TIMEOUT,
        url: Secret | None = None,
        embedded: str | None = None,
        create: bool = True,
        create_schema: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.schema = schema
        self.table = table
        self.sslmode = sslmode
        self.connect_timeout = connect_timeout
        self.statement_timeout = statement_timeout
        self.url = url
        self.embedded = embedded
        self.create = create
        self.create_schema = create_schema
        self._login: Login | None = None
        self._engine: Engine | None = None
        self._table: MachineTable | None = None
        self._server: EmbeddedPostgres | None = None
        self._unknown_projects = False
        if faults := parameter_faults(vars(self)):
            raise DefinitionError("this PostgresReporter cannot be built", faults)

    def open(self) -> None:
        """Connect, and make the table ready."""
        from newsdesk_postgres.connection.engine import make_engine  # noqa: PLC0415  (SQLAlchemy, see above)
        from newsdesk_postgres.connection.login import Login  # noqa: PLC0415
        from newsdesk_postgres.table.machine_table import MachineTable  # noqa: PLC0415

        try:
            self._login = Login(self._settings(), self._refused_logins, self._renewed_settings, self._remedy)
            self._engine = make_engine(self._login.connect, pool_timeout=float(self.connect_timeout))
            self._table = MachineTable.of(self.table, self.schema)
            self._unknown_projects = self._table.prepare(
                self._engine, user=self._login.user, create=self.create, create_schema=self.create_schema
            )
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        """Disconnect, and stop a private server that nobody else uses."""
        self._release()

    def abandon(self) -> None:
        """Forget the parent's connections: to close them here would end them there."""
        if self._engine is not None:
            self._engine.dispose(close=False)
        if self._server is not None:
            self._server.abandon()
        self._login = self._engine = self._table = self._server = None

    def ping(self) -> None:
        """Ask the server for an answer."""
        with self._connection("asking the server for an answer") as connection:
            connection.exec_driver_sql("SELECT 1")

    def server_info(self) -> "ServerInfo":
        """Ask what the server is, and what its user may do with the table."""
        from newsdesk_postgres.table.server_info import server_info  # noqa: PLC0415  (only the doctor needs it)

        self.open()
        with self._connection("asking what the server is") as connection:
            return server_info(connection, self._opened.name)

    def plan(self, machine: Machine) -> Plan:
        """Preview what would be sent: one row, in one statement."""
        row = row_of(machine)
        return Plan(requests=1, items={"rows": 1}, alterations=row.alterations, size=row.size)

    def report(self, machine: Machine) -> Delivery:
        """Write the machine's row, unless this revision is there already."""
        return self._write([row_of(machine)])[0]

    def report_many(self, machines: Iterable[Machine]) -> Iterator[Delivery | Exception | None]:
        """Write the machines' rows, many in a statement; where one is refused, one by one."""
        for batch in batches(map(row_of, machines)):
            # On a table with rows of unknown project each machine has to look for one to adopt.
            if self._unknown_projects:
                yield from map(self._attempt, batch)
            else:
                yield from self._attempt_together(batch)

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Give those of the machines that have a row."""
        filed = {(column_text(key.name), column_text(key.project_name)): key for key in keys}
        with self._connection("looking for machines") as connection:
            return {filed[key] for key in self._opened.existing(connection, filed)}

    def fetch(self, name: str, project_name: str | None = None) -> Machine:
        """Read a machine back: equal to the one that was reported.

        Args:
            name: the machine's name.
            project_name: its project; may be left out where only one project has a machine of that name.

        Raises:
            MachineDoesNotExist: the table has none.
            PostgresReporterException: more than one project has one, and none was named.
        """
        self.open()
        project = None if project_name is None else column_text(project_name)
        with self._connection(f"reading the machine {name!r}") as connection:
            rows = self._opened.find(connection, column_text(name), project)
            if len(rows) != 1:
                raise self._not_one(name, project_name, self._opened.projects(connection, column_text(name)))
        return machine_of(rows[0])

    @property
    def _opened(self) -> "MachineTable":
        return _while_open(self._table)

    def _write(self, rows: Sequence[Row]) -> list[Delivery]:
        what = f"the machine {rows[0].label!r}" if len(rows) == 1 else f"{len(rows)} machines"
        with self._connection(f"writing {what}", whole=self._unknown_projects) as connection:
            if self._unknown_projects:
                for row in rows:
                    self._opened.adopt(connection, row)
            written = self._opened.upsert(connection, rows)
        return [
            Delivery(self._reference(row), row.alterations, unchanged=row.key not in written) for row in rows
        ]

    def _attempt(self, row: Row) -> Delivery | Exception:
        try:
            return self._write([row])[0]
        except ReporterException as error:
            return error

    def _attempt_together(self, rows: Sequence[Row]) -> Iterator[Delivery | Exception]:
        try:
            deliveries = self._write(rows)
        except PermanentReporterError as error:
            if len(rows) == 1:
                yield error
            else:  # one of them is at fault, and only alone does it show which
                yield from map(self._attempt, rows)
        except ReporterException as error:
            yield from repeat(error, len(rows))
        else:
            yield from deliveries

    @contextmanager
    def _connection(self, doing: str, *, whole: bool = False) -> Iterator["Connection"]:
        """Lend a connection; `whole`: what is done with it is one transaction, else each statement is one."""
        from sqlalchemy import Engine  # noqa: PLC0415  (SQLAlchemy, see above)

        from newsdesk_postgres.connection.engine import transaction, used  # noqa: PLC0415
        from newsdesk_postgres.connection.failures import translated  # noqa: PLC0415

        engine, login, table = _while_open(self._engine), _while_open(self._login), self._opened
        lend = transaction if whole else Engine.connect
        with (
            translated(f"{doing} at {login.address.shown}", rights=table.rights(login.user)),
            lend(engine) as connection,
            used(connection),
        ):
            yield connection

    def _reference(self, row: Row) -> str:
        table = f"{self.schema}.{self.table}" if self.schema else self.table
        address = _while_open(self._login).address
        return address.reference(table, row.values["name"] or "", row.values["project_name"] or "")

    @property
    def _refused_logins(self) -> "RefusedLogins":
        from newsdesk_postgres.connection.login import RefusedLogins  # noqa: PLC0415  (psycopg2)

        # Not made in __init__, which runs again at each opening: what was refused is remembered beyond that.
        refused: RefusedLogins = self.__dict__.setdefault("_refused", RefusedLogins())
        return refused

    def _settings(self) -> dict[str, str]:
        return settings(
            self._address().parameters,
            os.environ,
            sslmode=self.sslmode,
            connect_timeout=float(self.connect_timeout),
            statement_timeout=None if self.statement_timeout is None else float(self.statement_timeout),
        )

    def _renewed_settings(self) -> dict[str, str] | None:
        return None if self.embedded is not None else self.resolved()._settings()  # noqa: SLF001  (one of ours)

    def _remedy(self, remedy: str) -> str:
        if self.host is not None and "password" not in self.arguments.given and "`password`" in remedy:
            return "no `password` is set; the default was tried"
        return f"{remedy} in `url`" if self.url is not None and "check `" in remedy else remedy

    def _address(self) -> Address:
        if self.embedded is not None:
            from newsdesk_postgres.embedded import EmbeddedPostgres  # noqa: PLC0415  (POSIX only)

            self._server = EmbeddedPostgres(self.embedded)
            server = self._server.start()
            return Address.of_server(server.host, server.port, server.user, server.password, server.database)
        if self.url is not None:
            return Address.of_url(self.url)
        return Address.of_server(self.host or "", self.port, self.user, self.password, self.database)

    def _release(self) -> None:
        engine, server = self._engine, self._server
        self._login = self._engine = self._table = self._server = None
        if engine is not None:
            engine.dispose()
        if server is not None:
            server.stop()

    @staticmethod
    def _not_one(
        name: str, project_name: str | None, projects: Sequence[str | None]
    ) -> PostgresReporterException:
        known = ", ".join("an unknown project" if project is None else repr(project) for project in projects)
        if not projects:
            return MachineDoesNotExist(f"there is no machine {name!r}: report it first, or correct the name")
        if project_name is not None:
            return MachineDoesNotExist(
                f"there is no machine {name!r} in project {project_name!r}, only in {known}"
            )
        return PostgresReporterException(
            f"there is a machine {name!r} in {len(projects)} projects, {known}: name one as 'project_name'"
        )


_T = TypeVar("_T")


def _while_open(value: _T | None) -> _T:
    if value is None:
        raise PostgresReporterException(
            "the reporter was closed while it was used: keep it open until all is done"
        )
    return value
