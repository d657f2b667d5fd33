import pytest
from newsdesk_postgres.connection.settings import settings

DEFAULTS = {
    "client_encoding": "utf8",
    "fallback_application_name": "newsdesk",
    "connect_timeout": "10",
    "options": "-c statement_timeout=60000",
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
KEEPALIVE = {name for name in DEFAULTS if "keepalives" in name} | {"tcp_user_timeout"}


def test_what_nobody_says_has_a_default():
    assert settings({}, {}) == DEFAULTS


@pytest.mark.parametrize(
    "written",
    [
        {"connect_timeout": "3"},
        {"connect_timeout": "0"},
        {"application_name": "plant"},
        {"sslmode": "disable"},
        {"target_session_attrs": "read-write"},
        {"host": "h1,h2", "port": "1,2"},
    ],
)
def test_what_is_written_counts(written):
    assert settings(written, {}) == DEFAULTS | written


@pytest.mark.parametrize("name", sorted(KEEPALIVE))
def test_who_writes_one_of_the_keepalives_writes_all_of_them(name):
    """They work together: with `tcp_user_timeout` at its default, a longer `keepalives_idle` would be in vain."""
    found = settings({name: "300"}, {})
    assert {key: found.get(key) for key in KEEPALIVE} == dict.fromkeys(KEEPALIVE) | {name: "300"}


def test_of_options_the_written_ones_come_last_since_the_last_counts():
    assert settings({"options": "-c a=b"}, {})["options"] == "-c statement_timeout=60000 -c a=b"


def test_libpqs_own_variables_count_more_than_a_default_and_less_than_what_is_written():
    environment = {"PGCONNECT_TIMEOUT": "3", "PGOPTIONS": "-c a=b"}
    found = settings({}, environment)
    assert "connect_timeout" not in found
    assert found["options"] == "-c statement_timeout=60000 -c a=b"
    found = settings({"options": "-c c=d"}, environment, connect_timeout=5)
    assert (found["connect_timeout"], found["options"]) == ("5", "-c statement_timeout=60000 -c c=d")


@pytest.mark.parametrize(
    ("written", "environment"), [({"service": "plant"}, {}), ({}, {"PGSERVICE": "plant"})]
)
def test_a_service_may_say_all_that_has_a_default(written, environment):
    always = {"client_encoding": "utf8", "fallback_application_name": "newsdesk"}
    assert settings(written, environment) == written | always


def test_the_parameters_of_the_reporter_are_sent():
    found = settings({}, {}, sslmode="require", connect_timeout=2.1, statement_timeout=1.5)
    assert (found["sslmode"], found["connect_timeout"]) == ("require", "3")
    assert found["options"] == "-c statement_timeout=1500"
    assert settings({}, {}, connect_timeout=0.1)["connect_timeout"] == "2"
    assert "options" not in settings({}, {}, statement_timeout=None)
