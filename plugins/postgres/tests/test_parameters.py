import pickle

import pytest
from newsdesk import BaseReporter, DefinitionError
from newsdesk_postgres import PostgresReporter


def faults(**parameters):
    with pytest.raises(DefinitionError) as caught:
        PostgresReporter(**parameters)
    return str(caught.value).splitlines()


def test_one_place_must_be_given():
    assert faults() == [
        "this PostgresReporter cannot be built",
        "  - give one of 'host', 'url' and 'embedded', not none of them",
    ]


def test_all_faults_are_reported_at_once():
    assert faults(url="postgres://h", embedded="d", user="me", table="", schema="s" * 64, sslmode="on") == [
        "this PostgresReporter cannot be built",
        "  - give one of 'host', 'url' and 'embedded', not 'url' and 'embedded'",
        "  - user: belongs to 'host': leave it out beside 'url', which says it already",
        "  - table: must have 1 to 63 bytes without a NUL, as PostgreSQL's names do, but is ''",
        f"  - schema: must have 1 to 63 bytes without a NUL, as PostgreSQL's names do, but is '{'s' * 64}'",
        "  - sslmode: leave it out beside 'embedded': a private server talks to this machine alone",
        "  - sslmode: must be one of disable, allow, prefer, require, verify-ca, verify-full, but is 'on'",
    ]


def test_a_reference_is_not_judged_before_it_is_resolved():
    assert PostgresReporter("${env:HOST}", sslmode="${env:MODE}").host == "${env:HOST}"


def test_the_arguments_of_the_replaced_project_are_taken_by_position():
    reporter = PostgresReporter("db", 5433, "me", "geheim", "machines")
    assert reporter.get_params() | {"host": "db", "port": 5433, "user": "me", "database": "machines"} == (
        reporter.get_params()
    )


@pytest.mark.parametrize(
    "reporter",
    [PostgresReporter("db", password="geheim"), PostgresReporter(url="postgresql://me:geheim@db/machines")],
    ids=["password", "url"],
)
def test_a_password_is_not_shown(reporter):
    assert "geheim" not in repr(reporter)


@pytest.mark.parametrize(
    "reporter", [PostgresReporter("db", schema="s"), PostgresReporter(embedded="folder")]
)
def test_a_reporter_is_a_value(reporter):
    assert pickle.loads(pickle.dumps(reporter)) == reporter
    assert BaseReporter.from_dict(reporter.to_dict()) == reporter


@pytest.mark.parametrize(
    "target",
    [
        "postgres",
        "newsdesk_postgres.PostgresReporter",
        "newsdesk_postgres:PostgresReporter",
        "gordo.reporters.postgres.PostgresReporter",
    ],
)
def test_the_reporter_answers_to_its_name_its_path_and_that_of_the_replaced_project(target):
    assert BaseReporter.from_dict({target: {"host": "db"}}) == PostgresReporter("db")
