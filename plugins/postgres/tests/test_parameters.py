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
        "  - user: belongs to 'host': leave it out, since 'url' includes it",
        "  - table: must have 1 to 63 bytes without a NUL, as PostgreSQL's names do, but is ''",
        f"  - schema: must have 1 to 63 bytes without a NUL, as PostgreSQL's names do, but is '{'s' * 64}'",
        "  - sslmode: leave it out beside 'embedded': a private server is only reachable from this host",
        "  - sslmode: must be one of disable, allow, prefer, require, verify-ca, verify-full, but is 'on'",
    ]


URL = "postgresql://me:geheim@db/machines"
TWICE = "is also in 'url': set it once"


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"url": f"{URL}?sslmode=require", "sslmode": "disable"}, f"sslmode: {TWICE}"),
        ({"url": f"{URL}?connect_timeout=3", "connect_timeout": 20}, f"connect_timeout: {TWICE}"),
        (
            {"url": f"{URL}?options=-c%20statement_timeout%3D3s", "statement_timeout": None},
            f"statement_timeout: {TWICE}",
        ),
        (
            {"url": "postgresql://me:${env:PASSWORD}@/d?host=a&host=b"},
            "url: has 'host' 2 times; set it once: several servers are written host1:port1,host2:port2",
        ),
        (
            {"url": "postgresql://me:${file:/run/a?b@c}@h/d?optoins=x"},
            "url: has the parameter 'optoins', which libpq does not know: correct it",
        ),
        ({"host": "db", "password": "gehe\0im"}, "password: must not contain a NUL character"),
        ({"host": "db", "password": "geheim\ud800"}, "password: must be valid Unicode, without surrogates"),
    ],
)
def test_what_is_wrong_with_a_url_or_a_password_is_known_before_a_report(parameters, fault):
    assert faults(**parameters) == ["this PostgresReporter cannot be built", f"  - {fault}"]


@pytest.mark.parametrize(
    "url",
    [
        "${env:DATABASE_URL}",
        "${env:BASE}/machines",
        "postgresql://${env:SERVERS}/machines?${env:PARAMETERS}",
        "postgresql://me:${file:/run/secrets/a}@h1:${env:PORT},h2:2/d?target_session_attrs=read-write",
    ],
)
def test_a_url_with_references_is_read_when_they_are_resolved(url):
    assert PostgresReporter(url=url).url == url


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
