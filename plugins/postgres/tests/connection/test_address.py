import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import DefinitionError
from newsdesk_postgres.connection import address
from sqlalchemy import URL

VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=12)
HOSTS = st.sampled_from(["db", "127.0.0.1", "db.example.org", "::1"])
PORTS = st.one_of(st.none(), st.integers(1, 65535))
SCHEMES = [
    "postgres",
    "postgresql",
    "postgresql+psycopg",
    "postgresql+psycopg2",
    "postgresql+asyncpg",
    "PostgreSQL",
]


URLS = st.builds(
    URL.create,
    st.just(address.DRIVER),
    username=VISIBLE,
    password=VISIBLE,
    host=HOSTS,
    port=PORTS,
    database=VISIBLE.map(lambda name: name.replace("?", "")),
)


@given(st.sampled_from(SCHEMES), URLS)
def test_every_way_to_write_a_url_gives_the_same(scheme, wanted):
    written = wanted.render_as_string(hide_password=False)
    assert address.normalised(scheme + written.removeprefix(address.DRIVER)) == wanted


@given(VISIBLE, VISIBLE.map(lambda text: f"geheim-{text}"), HOSTS, PORTS)
def test_user_and_password_are_never_shown(user, password, host, port):
    url = URL.create(address.DRIVER, f"hugo-{user}", password, host, port, "db")
    shown = address.shown(url) + address.reference(url, "machine", "m", "p")
    assert "geheim" not in shown
    assert "hugo" not in shown


def test_options_in_a_url_are_kept():
    url = address.normalised("postgres://h/db?sslmode=require&application_name=x")
    assert dict(url.query) == {"sslmode": "require", "application_name": "x"}


def test_a_reference_names_place_and_row_and_escapes_them():
    url = address.normalised("postgres://user:pw@db:5433/my%20base")
    assert (
        address.reference(url, "public.machine", "a b&c", "p/q")
        == "postgresql://db:5433/my%20base/public.machine?project_name=p%2Fq&name=a%20b%26c"
    )


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "mysql://u:geheim@h/db",
            "'url' begins with 'mysql', which is not PostgreSQL; expected postgresql://user:password@host:port/database",
        ),
        (
            "u:geheim@h/db",
            "'url' does not begin with a scheme; expected postgresql://user:password@host:port/database",
        ),
        (
            "postgresql://u:p@geheim@h/db",
            "'url' cannot be read; expected postgresql://user:password@host:port/database, with special characters "
            "percent-encoded",
        ),
        (
            "postgresql://u:p@h:geheim/db",
            "'url' cannot be read; expected postgresql://user:password@host:port/database, with special characters "
            "percent-encoded",
        ),
    ],
)
def test_what_is_not_the_url_of_a_postgresql_is_refused_without_repeating_it(url, message):
    with pytest.raises(DefinitionError) as caught:
        address.normalised(url)
    assert str(caught.value) == message
    assert "geheim" not in "".join(traceback.format_exception_only(caught.value))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
