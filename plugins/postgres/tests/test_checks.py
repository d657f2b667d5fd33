"""What the doctor is told of PostgreSQL, by real servers."""

import pytest
from newsdesk_postgres import PostgresReporter
from newsdesk_postgres.plugin import newsdesk_checks


@pytest.fixture
def told():
    """Give what is found of a reporter, which is closed afterwards."""
    made = []

    def look(reporter, *, ping=True):
        made.append(reporter)
        return [(found.text, found.remedy) for found in newsdesk_checks({"it": reporter}, ping)]

    yield look
    for reporter in made:
        reporter.close()


def test_version_encoding_and_user_are_told(told, database):
    [(text, remedy)] = told(PostgresReporter(**database.place))
    version = database.scalar("SHOW server_version")
    assert (text, remedy) == (f"PostgreSQL {version}, encoding UTF8, as the user 'postgres'", "")


def test_a_server_is_asked_only_with_ping_and_one_that_is_not_there_is_left_to_that(told, database):
    assert told(PostgresReporter(**database.place), ping=False) == []
    assert database.query("SELECT 1 FROM pg_tables WHERE tablename = 'machine'") == []
    assert told(PostgresReporter(host="127.0.0.1", port=9)) == []


def test_a_reporter_of_somebody_else_is_none_of_our_business(told):
    class Other(PostgresReporter.__mro__[1]):
        def report(self, machine): ...

    assert told(Other()) == []


def test_another_encoding_is_to_be_mended(told, make_database, database):
    database.query("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    [_, found] = told(PostgresReporter(**{**database.place, "database": "latin"}))
    assert found == (
        "the database has the encoding LATIN1, which cannot hold every character",
        "report to a database that was made with ENCODING 'UTF8'",
    )


def test_a_server_that_takes_nothing_is_to_be_mended(told, database):
    with PostgresReporter(**database.place):
        database.query(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    [_, found] = told(PostgresReporter(**database.place))
    assert found == ("nothing can be written there", "name the primary server, not a standby")


@pytest.mark.parametrize(
    ("place", "table", "user"),
    [
        ({}, "machine", "reader"),
        ({"schema": "Plant 7", "table": "Machines"}, '"Plant 7"."Machines"', 're"ader'),
    ],
)
def test_rights_that_are_missing_are_told_with_what_grants_them(told, database, place, table, user):
    quoted = user.replace('"', '""')
    with PostgresReporter(**database.place, **place):
        database.query(f'DROP ROLE IF EXISTS "{quoted}"')
        database.query(f"CREATE ROLE \"{quoted}\" LOGIN PASSWORD 'reader'")
        database.query(f'GRANT SELECT ON {table} TO "{quoted}"')
        if "schema" in place:
            database.query(f'GRANT USAGE ON SCHEMA "Plant 7" TO "{quoted}"')
    reporter = PostgresReporter(**{**database.place, **place, "user": user, "password": "reader"})
    [_, (text, remedy)] = told(reporter)
    assert text == f"the user {user!r} has no right to INSERT, UPDATE on the table {table}"
    assert remedy == f'as its owner: GRANT INSERT, UPDATE ON {table} TO "{quoted}"'
    database.query(remedy.removeprefix("as its owner: "))
    assert len(told(reporter)) == 1
    database.query(f'DROP OWNED BY "{quoted}"')
