"""What the doctor reports of PostgreSQL, on real servers."""

import pytest
from newsdesk import TransientReporterError
from newsdesk_postgres import PostgresReporter


@pytest.fixture
def findings_of():
    """Give what is found of a reporter, which is closed afterwards."""
    made = []

    def look(reporter, *, ping=True):
        made.append(reporter)
        return [(found.text, found.remedy) for found in reporter.findings(ping=ping)]

    yield look
    for reporter in made:
        reporter.close()


def test_version_encoding_and_user_are_findings_of(findings_of, database):
    [(text, remedy)] = findings_of(PostgresReporter(**database.place))
    version = database.scalar("SHOW server_version")
    assert (text, remedy) == (f"PostgreSQL {version}, encoding UTF8, as the user 'postgres'", "")


def test_a_server_is_asked_only_with_ping_and_one_that_is_not_there_is_an_error(findings_of, database):
    assert findings_of(PostgresReporter(**database.place), ping=False) == []
    assert database.query("SELECT 1 FROM pg_tables WHERE tablename = 'machine'") == []
    with pytest.raises(TransientReporterError, match=r"cannot connect to 127\.0\.0\.1:9"):
        findings_of(PostgresReporter(host="127.0.0.1", port=9))


def test_another_encoding_is_a_finding(findings_of, make_database, database):
    database.query("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    [_, found] = findings_of(PostgresReporter(**{**database.place, "database": "latin"}))
    assert found == (
        "the database has the encoding LATIN1, which cannot hold every character",
        "use a database created with ENCODING 'UTF8'",
    )


def test_a_read_only_server_is_a_finding(findings_of, database):
    with PostgresReporter(**database.place):
        database.query(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    [_, found] = findings_of(PostgresReporter(**database.place))
    assert found == ("the server is read-only", "name the primary server, not a standby")


@pytest.mark.parametrize(
    ("place", "table", "user"),
    [
        ({}, "machine", "reader"),
        (
            {"schema": "Plant 7", "table": "Machines", "create_schema": True},
            '"Plant 7"."Machines"',
            're"ader',
        ),
    ],
)
def test_missing_rights_are_reported_with_the_grant_that_adds_them(findings_of, database, place, table, user):
    quoted = user.replace('"', '""')
    with PostgresReporter(**database.place, **place):
        database.query(f'DROP ROLE IF EXISTS "{quoted}"')
        database.query(f"CREATE ROLE \"{quoted}\" LOGIN PASSWORD 'reader'")
        database.query(f'GRANT SELECT ON {table} TO "{quoted}"')
        if "schema" in place:
            database.query(f'GRANT USAGE ON SCHEMA "Plant 7" TO "{quoted}"')
    reporter = PostgresReporter(**{**database.place, **place, "user": user, "password": "reader"})
    [_, (text, remedy)] = findings_of(reporter)
    assert text == f"the user {user!r} lacks INSERT, UPDATE on the table {table}"
    assert remedy == f'as its owner: GRANT INSERT, UPDATE ON {table} TO "{quoted}"'
    database.query(remedy.removeprefix("as its owner: "))
    assert len(findings_of(reporter)) == 1
    database.query(f'DROP OWNED BY "{quoted}"')
