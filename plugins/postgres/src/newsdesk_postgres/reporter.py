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
    Finding,
    Machine,
    MachineKey,
    PermanentReporterError,
    Plan,
    ReporterException,
    ReportResult,
    Secret,
    StoredMachine,
)

from newsdesk_postgres.connection.address import Address
from newsdesk_postgres.connection.settings import CONNECT_TIMEOUT, STATEMENT_TIMEOUT, settings
from newsdesk_postgres.errors import PostgresReporterException
from newsdesk_postgres.parameters import SslMode, parameter_faults
from newsdesk_postgres.row.batches import batches
from newsdesk_postgres.row.machine_row import Key, Row, column_text, row_of

# psycopg2 is imported when a reporter opens, not to list its parameters.
if TYPE_CHECKING:
    from newsdesk_postgres.connection.login import Login, RefusedLogins
    from newsdesk_postgres.connection.pool import Connection, Pool
    from newsdesk_postgres.embedded import EmbeddedPostgres
    from newsdesk_postgres.reading import Reading
    from newsdesk_postgres.table.machine_table import MachineTable


class PostgresReporter(BaseReporter):
    """Stores each machine in a row of a PostgreSQL table.

    A new revision overwrites the row; the same one leaves it unchanged. Set one of `host`, `url` and
    `embedded`.

    Args:
        host: the server's name, address, or socket directory.
        port: the server's port.
        user: the user to connect as.
        password: the user's password.
        database: the database.
        schema: the table's schema; without it, the first in the user's search path.
        table: the table's name.
        sslmode: libpq's `sslmode`; without it, libpq's default.
        connect_timeout: seconds to wait for a connection, rounded up, at least 2.
        statement_timeout: seconds that a statement may take; None to use the server's setting, as needed for
            poolers such as PgBouncer that reject `options`.
        url: all of these in one, such as `postgresql://user:password@host/database`. libpq's parameters in
            it, such as `?target_session_attrs=read-write`, take precedence over the defaults here.
        embedded: the folder of a private PostgreSQL, started when needed; see `EmbeddedPostgres`.
        create: whether to create the table, and to upgrade an older one.
        create_schema: whether to create a missing `schema`; otherwise it is an error.

    Raises:
        DefinitionError: parameters are invalid or contradict each other; lists all faults.
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
        self._pool: Pool | None = None
        self._table: MachineTable | None = None
        self._server: EmbeddedPostgres | None = None
        self._unknown_projects = False
        self.validate()

    def validate(self) -> None:
        """Check the parameters; called by `__init__` too, so those with references are left out there."""
        if faults := parameter_faults(vars(self)):
            raise DefinitionError("this PostgresReporter cannot be built", faults)

    def prepare(self) -> None:
        """Import SQLAlchemy and psycopg2, which may take a second."""
        import newsdesk_postgres.connection.login  # noqa: PLC0415  (see above)
        import newsdesk_postgres.table.machine_table  # noqa: F401, PLC0415

    def open(self) -> None:
        """Connect, and create or upgrade the table."""
        from newsdesk_postgres.connection.login import Login  # noqa: PLC0415  (psycopg2, see above)
        from newsdesk_postgres.connection.pool import Pool  # noqa: PLC0415
        from newsdesk_postgres.table.machine_table import MachineTable  # noqa: PLC0415

        try:
            self._login = Login(self._settings(), self._refused_logins, self._renewed_settings, self._remedy)
            self._pool = Pool(self._login.connect, timeout=float(self.connect_timeout))
            self._table = MachineTable.of(self.table, self.schema)
            self._unknown_projects = self._table.prepare(
                self._pool, user=self._login.user, create=self.create, create_schema=self.create_schema
            )
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        """Disconnect, and stop a private server that is not used elsewhere."""
        self._release()

    def abandon(self) -> None:
        """Drop the parent process's connections without closing them there."""
        if self._pool is not None:
            self._pool.abandon()
        if self._server is not None:
            self._server.abandon()
        self._login = self._pool = self._table = self._server = None

    def ping(self) -> None:
        """Check that the server answers."""
        from newsdesk_postgres.connection.pool import run  # noqa: PLC0415  (psycopg2, see above)

        with self._connection("checking that the server answers") as connection:
            run(connection, "SELECT 1")

    def findings(self, *, ping: bool) -> Iterator[Finding]:
        """Return, with `ping`, the server's version and settings, and what prevents reporting to it."""
        from newsdesk_postgres.checks import of_server  # noqa: PLC0415  (only the doctor needs it)
        from newsdesk_postgres.table.server_info import server_info  # noqa: PLC0415  (the same)

        if ping:
            with self._connection("reading the server's settings") as connection:
                info = server_info(connection, self._opened.name)
            yield from of_server(info)

    def plan(self, machine: Machine) -> Plan:
        """Preview the request: one row, in one statement."""
        row = row_of(machine)
        return Plan(requests=1, items={"rows": 1}, alterations=row.alterations, size=row.size)

    def report(self, machine: Machine) -> Delivery:
        """Write the machine's row, unless the table has exactly this record."""
        return self._write([row_of(machine)])[0]

    def report_many(self, machines: Iterable[Machine]) -> Iterator[ReportResult]:
        """Write the machines' rows, many in a statement; if one is rejected, one by one."""
        for batch in batches(map(row_of, machines)):
            # If there are rows of unknown project, each machine has to look for one to adopt.
            if self._unknown_projects:
                yield from map(self._attempt, batch)
            else:
                yield from self._attempt_together(batch)

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return the machines that have a row."""
        filed = {(column_text(key.name), column_text(key.project_name)): key for key in keys}
        with self._connection("looking for machines") as connection:
            return {filed[key] for key in self._opened.existing(connection, filed)}

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:  # noqa: ARG002  (it keeps one)
        """Return a machine as it was reported.

        Args:
            name: the machine's name.
            project_name: its project; optional if only one project has a machine of that name.
            revision: the revision that the row must hold.

        Raises:
            MachineDoesNotExist: the table does not hold it.
            AmbiguousMachine: several projects have one, and `project_name` is missing.
        """
        return self._reading.fetch(name, project_name)

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:  # noqa: ARG002  (it keeps one)
        """Yield the machines that have a row, ordered by name; each page of rows is one statement.

        Of a row that another writer changed since, only key, reference, scores and date are known.
        """
        return self._reading.machines()

    @property
    def _reading(self) -> "Reading":
        from newsdesk_postgres.reading import Reading  # noqa: PLC0415  (not for deliveries)

        return Reading(self._opened, self._connection, self._reference)

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
            Delivery(self._reference(row.key), row.alterations, unchanged=row.key not in written)
            for row in rows
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
            else:  # one of them is at fault; which one, only single statements show
                yield from map(self._attempt, rows)
        except ReporterException as error:
            yield from repeat(error, len(rows))
        else:
            yield from deliveries

    @contextmanager
    def _connection(self, doing: str, *, whole: bool = False) -> Iterator["Connection"]:
        """Lend a connection; with `whole` in one transaction, otherwise each statement is one."""
        from newsdesk_postgres.connection.failures import translated  # noqa: PLC0415  (psycopg2, see above)

        pool, login, table = _while_open(self._pool), _while_open(self._login), self._opened
        with (
            translated(f"{doing} at {login.address.shown}", remedy=table.to_use(login.user)),
            pool.transaction() if whole else pool.lend() as connection,
        ):
            yield connection

    def _reference(self, key: Key) -> str:
        table = f"{self.schema}.{self.table}" if self.schema else self.table
        return _while_open(self._login).address.reference(table, *key)

    @property
    def _refused_logins(self) -> "RefusedLogins":
        from newsdesk_postgres.connection.login import RefusedLogins  # noqa: PLC0415  (psycopg2)

        # Not in __init__, which runs again at each opening: refused logins are remembered across openings.
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
        if self.host is not None and "password" not in self.given_params() and "`password`" in remedy:
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
        pool, server = self._pool, self._server
        self._login = self._pool = self._table = self._server = None
        if pool is not None:
            pool.close()
        if server is not None:
            server.stop()


_T = TypeVar("_T")


def _while_open(value: _T | None) -> _T:
    if value is None:
        raise PostgresReporterException(
            "the reporter was closed while in use: keep it open until all reports are done"
        )
    return value
