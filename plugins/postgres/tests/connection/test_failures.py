"""What goes wrong between reporter and server, each with the real fault."""

import contextlib
import pickle
import socket
import threading
import traceback

import psycopg2
import pytest
from newsdesk import (
    DefinitionError,
    DeliveryFailed,
    Desk,
    Machine,
    PermanentReporterError,
    Retry,
    TransientReporterError,
)
from newsdesk_postgres import (
    PermanentPostgresError,
    PostgresReporter,
    PostgresReporterException,
    TransientPostgresError,
)
from newsdesk_postgres.connection.address import Address
from newsdesk_postgres.connection.failures import translated
from newsdesk_postgres.connection.login import Login, RefusedLogins
from newsdesk_postgres.connection.pool import SIZE, Pool, run
from newsdesk_postgres.connection.settings import settings
from newsdesk_postgres.embedded import EmbeddedPostgres, cluster

PLACE = "check `host` and `port`"
MACHINE = Machine(name="m", project_name="p")


def pool_of(url, environment=(), timeout=10, **parameters):
    given = settings(Address.of_url(url).parameters, dict(environment), **parameters)
    login = Login(given, RefusedLogins(), lambda: None, lambda remedy: remedy)
    return Pool(login.connect, timeout=timeout)


def shown_by(pool, *names):
    with pool.lend() as connection:
        shown = [run(connection, f"SHOW {name}")[0][0] for name in names]
    pool.close()
    return shown


def opening(reporter):
    with pytest.raises(PostgresReporterException) as caught:
        reporter.report(MACHINE)
    shown = "".join(traceback.format_exception(caught.value))
    assert reporter.password not in shown
    return caught.value


def test_after_a_connection_was_ended_the_next_report_works(reporter, database):
    reporter.report(Machine(name="before"))
    assert database.end_connections() == 1
    assert not reporter.report(Machine(name="after")).unchanged


def test_after_a_restart_of_the_server_the_next_report_works(tmp_path, monkeypatch):
    embedded = EmbeddedPostgres(tmp_path / "pg", durable=False)
    with embedded as server, PostgresReporter(url=server.url) as reporter:
        reporter.report(Machine(name="before"))
        monkeypatch.setattr(cluster, "_free_port", lambda: server.port)
        embedded.stop()
        embedded.start()
        assert not reporter.report(Machine(name="after")).unchanged
        assert reporter.fetch("before") == Machine(name="before")


def test_a_connection_lost_in_the_middle_is_worth_another_try(reporter, database):
    reporter.report(Machine(name="before"))
    with database.connect() as blocker:
        blocker.autocommit = False
        blocker.cursor().execute("LOCK TABLE machine")
        caught = []
        thread = threading.Thread(target=lambda: caught.append(failed_report(reporter)))
        thread.start()
        wait_for_a_waiting_statement(database)
        database.end_connections()
        thread.join()
        blocker.rollback()
    blocker.close()
    assert isinstance(caught[0], TransientPostgresError)
    assert not reporter.report(MACHINE).unchanged


def failed_report(reporter):
    try:
        reporter.report(MACHINE)
    except PostgresReporterException as error:
        return error
    return None


def wait_for_a_waiting_statement(database):
    while not database.scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s", database.name
    ):
        pass


def test_a_statement_that_takes_too_long_is_cancelled_and_worth_another_try(database):
    with PostgresReporter(**database.place, statement_timeout=0.2) as reporter:
        reporter.report(Machine(name="before"))
        blocker = database.connect()
        blocker.autocommit = False
        blocker.cursor().execute("LOCK TABLE machine")
        with pytest.raises(TransientPostgresError) as caught:
            reporter.report(MACHINE)
        blocker.rollback()
        blocker.close()
        assert str(caught.value) == (
            f"writing the machine 'p/m' at postgresql://127.0.0.1:{database.server.port}/{database.name}: canceling "
            "statement due to statement timeout (SQLSTATE 57014); it was cancelled, or exceeded "
            "`statement_timeout`"
        )
        assert not reporter.report(MACHINE).unchanged


NAMES = ("work_mem", "statement_timeout", "application_name")


def test_options_of_the_url_and_our_own_go_together(database):
    url = f"{database.url}?options=-c%20work_mem%3D5MB"
    assert shown_by(pool_of(url, statement_timeout=1.5), *NAMES) == ["5MB", "1500ms", "newsdesk"]


def test_what_the_url_says_wins_over_the_defaults(database):
    url = f"{database.url}?application_name=plant&options=-c%20work_mem%3D5MB%20-c%20statement_timeout%3D7s"
    assert shown_by(pool_of(url), *NAMES) == ["5MB", "7s", "plant"]


def test_what_libpqs_variables_say_wins_over_the_defaults(database, monkeypatch):
    monkeypatch.setenv("PGAPPNAME", "plant")
    pool = pool_of(database.url, {"PGOPTIONS": "-c work_mem=5MB -c statement_timeout=7s"})
    assert shown_by(pool, *NAMES) == ["5MB", "7s", "plant"]


def test_without_a_statement_timeout_no_option_is_sent(database):
    assert shown_by(pool_of(database.url, statement_timeout=None), "statement_timeout") == ["0"]


def test_a_server_that_never_answers_is_given_up(database):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reporter = PostgresReporter(
            "127.0.0.1", listener.getsockname()[1], password="geheim", connect_timeout=1
        )
        error = opening(reporter)
        assert isinstance(error, TransientPostgresError)
        assert str(error).endswith(f"timeout expired; {PLACE}, or raise `connect_timeout`")


def test_a_refused_connection_is_worth_another_try():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = opening(PostgresReporter("127.0.0.1", port, password="geheim"))
    assert isinstance(error, TransientReporterError)
    assert str(error) == f"cannot connect to 127.0.0.1:{port}: refused; {PLACE}"


def test_a_port_that_is_none_never_will_work():
    error = opening(PostgresReporter("127.0.0.1", 99999, password="geheim"))
    assert isinstance(error, PermanentPostgresError)
    assert str(error) == 'cannot connect to 127.0.0.1:99999: invalid port number: "99999"; check `port`'


def test_a_wrong_password_never_will_work_and_is_not_shown(database):
    error = opening(PostgresReporter(**{**database.place, "password": "geheim-und-falsch"}))
    assert isinstance(error, PermanentReporterError)
    assert str(error) == (
        f"cannot connect to 127.0.0.1:{database.server.port}: password authentication failed for user "
        '"postgres"; check `user` and `password`'
    )


def test_a_missing_database_never_will_work(database):
    error = opening(PostgresReporter(**{**database.place, "database": "nothing"}))
    assert isinstance(error, PermanentPostgresError)
    assert str(error).endswith(': database "nothing" does not exist; check `database`')


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("channel_binding=require", "channel binding required, but SSL not in use; check `channel_binding`"),
        (
            "require_auth=none",
            "failed: server requested SASL authentication; check `require_auth` in `url`",
        ),
        ("gssencmode=require", "; check `gssencmode` in `url`"),
        ("sslmode=require", "server does not support SSL, but SSL was required; set `sslmode: prefer`"),
        ("sslmode=bogus", 'invalid sslmode value: "bogus"; check `sslmode` in `url`'),
        (
            "service=nix",
            'definition of service "nix" not found; check the file pg_service.conf and `service`',
        ),
        ("options=-c%20nix%3D1", 'unrecognized configuration parameter "nix"; check `options` in `url`'),
        ("connect_timeout=x", 'invalid integer value "x" for connection option "connect_timeout"'),
        ("options=-c%20role%3Dnobody", 'role "nobody" does not exist; check `user` in `url`'),
    ],
)
def test_a_connection_that_is_refused_for_good_is_tried_once(database, query, text):
    reporter = PostgresReporter(url=f"{database.url}?{query}")
    with (
        Desk(reporter, retry=Retry(attempts=3, initial=0.01)) as desk,
        pytest.raises(DeliveryFailed) as caught,
    ):
        desk.report(MACHINE)
    [receipt] = caught.value.receipts
    assert receipt.attempts == 1
    assert isinstance(receipt.error, PermanentPostgresError)
    assert f"cannot connect to 127.0.0.1:{database.server.port}: " in str(receipt.error)
    assert text in str(receipt.error)


@pytest.mark.parametrize("query", ["target_session_attrs=standby"])
def test_a_server_in_another_role_than_is_asked_for_may_change_it(database, query):
    with pytest.raises(
        TransientPostgresError, match="hot standby mode; check `target_session_attrs` in `url`"
    ):
        PostgresReporter(url=f"{database.url}?{query}").ping()


def test_a_search_path_without_a_schema_says_what_to_do(database):
    with pytest.raises(
        PermanentPostgresError, match=r"3F000.; create the first schema of the user's search_path"
    ):
        PostgresReporter(url=f"{database.url}?options=-c%20search_path%3Dnope").ping()


def test_too_many_clients_is_worth_another_try(database):
    database.query(f"CREATE ROLE busy{database.name} LOGIN PASSWORD 'geheim' CONNECTION LIMIT 0")
    place = {**database.place, "user": f"busy{database.name}", "password": "geheim"}
    error = opening(PostgresReporter(**place))
    assert isinstance(error, TransientPostgresError)
    assert "too many connections for role" in str(error)


def test_a_url_that_is_none_is_reported_when_it_opens_and_never_shown(monkeypatch):
    monkeypatch.setenv("PG_URL", "http://me:geheim@db")
    with pytest.raises(DefinitionError) as caught:
        PostgresReporter(url="${env:PG_URL}").report(MACHINE)
    assert "  - url: begins with 'http', which is not PostgreSQL" in str(caught.value)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


RAISE = "DO $$ BEGIN RAISE EXCEPTION 'told' USING ERRCODE = '%s'; END $$"
TRANSIENT = [
    "25006",
    "40001",
    "40P01",
    "55P03",
    "57014",
    "57P01",
    "57P02",
    "57P03",
    "57P05",
    "25P02",
    "53100",
    "53300",
    "08006",
    "08000",
]
PERMANENT = [
    "22003",
    "22P02",
    "22P05",
    "23502",
    "42501",
    "42P01",
    "42703",
    "42P10",
    "54000",
    "22001",
    "XX000",
    "57P04",
]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        *((state, TransientPostgresError) for state in TRANSIENT),
        *((state, PermanentPostgresError) for state in PERMANENT),
    ],
)
def test_an_sqlstate_tells_whether_another_try_is_worth_it(postgres_server, state, kind):
    pool = pool_of(postgres_server.url)
    with (
        pytest.raises(PostgresReporterException) as caught,
        translated("asking"),
        pool.lend() as connection,
    ):
        run(connection, RAISE % state)
    pool.close()
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"asking: told (SQLSTATE {state})")


def test_an_error_can_be_sent_to_another_process():
    error = pickle.loads(pickle.dumps(TransientPostgresError("told")))
    assert (type(error), str(error)) == (TransientPostgresError, "told")


def test_a_table_that_vanished_says_what_to_do(reporter, database):
    reporter.report(Machine(name="before"))
    database.query("DROP TABLE machine")
    with pytest.raises(PermanentPostgresError, match="close and reopen the reporter") as caught:
        reporter.report(MACHINE)
    assert "(SQLSTATE 42P01); the table existed when this reporter was opened" in str(caught.value)
    reporter.close()
    assert not reporter.report(MACHINE).unchanged


@pytest.mark.parametrize("count", [1, 3])
def test_a_reporter_that_is_closed_while_it_is_used_says_so(reporter, count):
    def machines():
        for number in range(count):
            yield Machine(name=f"m{number}")
        reporter.close()

    told = [f"{type(error).__name__}: {error}" for error in reporter.report_many(machines())]
    text = "the reporter was closed while in use: keep it open until all reports are done"
    assert told == [f"PostgresReporterException: {text}"] * count


def test_a_user_who_may_not_write_is_reported_which_right_is_missing(reporter, database):
    reporter.report(Machine(name="before"))
    database.query(f"CREATE ROLE reader{database.name} LOGIN PASSWORD 'geheim'")
    database.query(f"GRANT SELECT ON machine TO reader{database.name}")
    place = {**database.place, "user": f"reader{database.name}", "password": "geheim"}
    error = opening(PostgresReporter(**place))
    assert isinstance(error, PermanentPostgresError)
    assert str(error).endswith(
        "permission denied for table machine (SQLSTATE 42501); run as its owner: "
        f'GRANT SELECT, INSERT, UPDATE ON machine TO "reader{database.name}"'
    )


def test_an_error_holds_no_record(reporter, database):
    database.query("ALTER TABLE machine ADD CHECK (name <> 'm')")
    with pytest.raises(PermanentPostgresError) as caught:
        reporter.report(Machine(name="m", metadata={"note": "very long and private"}))
    assert "violates check constraint" in str(caught.value)
    assert isinstance(caught.value.__cause__, psycopg2.errors.CheckViolation)


def test_more_threads_than_connections_is_worth_another_try(database):
    pool = pool_of(database.url, timeout=1)
    with contextlib.ExitStack() as held:
        for _ in range(SIZE):
            held.enter_context(pool.lend())
        with pytest.raises(TransientPostgresError, match=r"all 5 connections of the reporter .* for 1 s"):
            held.enter_context(pool.lend())
    with pool.lend() as connection:
        assert run(connection, "SELECT 1") == [(1,)]
    pool.close()
