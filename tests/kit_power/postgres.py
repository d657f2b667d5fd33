"""Bugs in the reporter `postgres`."""

from tests.kit_power.bug import Bug, Subject

_REPORTER = "reporter.py"
_POOL = "connection/pool.py"
_LOGIN = "connection/login.py"
_FAILURES = "connection/failures.py"
_ROW = "row/machine_row.py"
_READING = "reading.py"

POSTGRES = Subject(
    "postgres",
    "plugins/postgres/src/newsdesk_postgres",
    "plugins/postgres/tests/test_contract.py",
    [
        Bug(
            "holds() compares names alone",
            _REPORTER,
            [
                (
                    "            return {filed[key] for key in self._opened.existing(connection, filed)}\n",
                    "            found = {name for name, _ in self._opened.existing(connection, filed)}\n"
                    "        return {key for key in keys if column_text(key.name) in found}\n",
                )
            ],
        ),
        Bug(
            "machines() reads every page before it yields",
            _READING,
            [
                (
                    '        after: Key | None = ("", "")\n',
                    "        yield from [*self._pages()]\n\n    def _pages(self) -> Iterator[StoredMachine]:\n"
                    '        after: Key | None = ("", "")\n',
                )
            ],
        ),
        Bug(
            "machines() lists a truncated name",
            _READING,
            [
                (
                    "        key = row.machine_key or self._recorded_key(row.key)\n",
                    "        key = MachineKey(decode(row.project_name), decode(row.name))\n",
                )
            ],
        ),
        Bug(
            "fetch() takes an outage for a machine that does not exist",
            "connection/failures.py",
            [
                (
                    "        raise translate(error, doing, remedy) from error\n",
                    "        if doing.startswith('reading the machine'):\n"
                    "            from newsdesk_postgres.errors import MachineDoesNotExist\n\n"
                    "            raise MachineDoesNotExist(doing) from error\n"
                    "        raise translate(error, doing, remedy) from error\n",
                )
            ],
        ),
        Bug(
            "report_many answers in reverse",
            _REPORTER,
            [("            yield from deliveries\n", "            yield from reversed(deliveries)\n")],
        ),
        Bug(
            "one refused record fails its whole batch",
            _REPORTER,
            [
                (
                    "                yield from map(self._attempt, rows)\n        except",
                    "                yield from repeat(error, len(rows))\n        except",
                )
            ],
        ),
        Bug(
            "report_many tells what it wrote as unchanged",
            _REPORTER,
            [
                (
                    "            yield from deliveries\n",
                    "            yield from (Delivery(d.reference, d.alterations, unchanged=True) for d in deliveries)\n",
                )
            ],
        ),
        Bug(
            "a deadlock, a lost race and a lock are permanent errors",
            _FAILURES,
            [
                ('        "40001",', '        "-40001",'),
                ('        "40P01",', '        "-40P01",'),
                ('        "55P03",  # lock', '        "-55P03",  # lock'),
            ],
        ),
        Bug(
            "a wrong password is a transient error",
            _LOGIN,
            [
                (
                    "            self.refused.note(settings, text)\n",
                    "            return TransientPostgresError(text)\n",
                )
            ],
        ),
        Bug(
            "a connection for each thread, which is not opened again",
            _POOL,
            [
                (
                    "        connection = _psycopg2(lent)\n        try:\n",
                    "        kept = self.__dict__.setdefault('_kept', {})\n"
                    "        place = __import__('threading').get_ident()\n"
                    "        connection = kept.setdefault(place, _psycopg2(lent))\n        try:\n",
                ),
                (
                    "            if spoils_session(error):\n                connection.close()\n"
                    "                self.close()\n            raise\n",
                    "            raise\n",
                ),
                (
                    "                lent.close()\n            else:\n                lent.invalidate()\n",
                    "                pass\n",
                ),
            ],
        ),
        Bug(
            "that a long name is shortened is not told",
            _ROW,
            [
                (
                    "        encoder.alterations.append(\n            Alteration(column,",
                    "        [].append(\n            Alteration(column,",
                )
            ],
        ),
        Bug(
            "the URL with the password is in errors, and in the log",
            _LOGIN,
            [
                (
                    '        text = "; ".join([f"cannot connect to {servers}: {reasons}", *remedies])\n',
                    '        text = "; ".join([f"cannot connect to {servers}: {reasons}", *remedies])\n'
                    '        url = f\'postgresql://{settings.get("user")}:{settings.get("password")}@{servers}\'\n'
                    "        __import__('logging').getLogger(__name__).warning('cannot connect to %s', url)\n"
                    "        text += f' ({url})'\n",
                )
            ],
        ),
        Bug(
            "a forked child keeps and uses the connections of its parent",
            _REPORTER,
            [
                ("            self._pool.abandon()\n", "            pass\n"),
                (
                    "        self._login = self._pool = self._table = self._server = None\n\n    def ping",
                    "\n    def ping",
                ),
                (
                    "            self._pool = Pool(self._login.connect, timeout=float(self.connect_timeout))\n",
                    "            self._pool = self._pool or Pool(self._login.connect, timeout=float(self.connect_timeout))\n",
                ),
            ],
        ),
        Bug(
            "ping never fails",
            _REPORTER,
            [
                (
                    '        with self._connection("checking that the server answers") as connection:\n'
                    '            run(connection, "SELECT 1")\n',
                    "        self._opened  # noqa\n",
                )
            ],
        ),
        Bug(
            "numbers that jsonb changes are not kept in the column 'record'",
            "row/jsonb.py",
            [
                (
                    '        if shown == "-0.0":\n            self.loses = True\n',
                    '        if shown == "-0.0":\n',
                ),
                ('        if "e+" in shown:\n            self.loses = True\n', ""),
            ],
        ),
        Bug(
            "a rebuilt machine stays as it was: nothing is done on conflict",
            "table/statements.py",
            [
                (
                    "WHERE old.revision IS DISTINCT FROM excluded.revision\n    OR old.xmin",
                    "WHERE old.revision IS NULL\n    OR old.xmin",
                ),
                (
                    "    OR (\n        old.dataset",
                    "    AND (\n        old.dataset",
                ),
            ],
        ),
        Bug(
            "the first row of each later page is not listed",
            _READING,
            [("            for row in rows:\n", "            for row in rows[last != ('', '') :]:\n")],
        ),
        Bug(
            "fetch() without a project takes the first of several",
            _READING,
            [("if len(projects) == 1 else None", "if projects else None")],
        ),
        Bug(
            "an outage ends a listing",
            _READING,
            [
                (
                    '            with self.connection("listing the machines") as connection:\n'
                    "                rows = self.table.page(connection, after)\n",
                    "            try:\n"
                    '                with self.connection("listing the machines") as connection:\n'
                    "                    rows = self.table.page(connection, after)\n"
                    "            except Exception:\n                return\n",
                )
            ],
        ),
    ],
)
