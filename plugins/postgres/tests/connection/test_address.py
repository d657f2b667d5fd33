from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import DefinitionError
from newsdesk_postgres.connection.address import EXPECTED, Address

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


@given(st.sampled_from(SCHEMES), VISIBLE, VISIBLE, HOSTS, PORTS)
def test_every_way_to_write_a_url_gives_the_same(scheme, user, password, host, port):
    place = f"[{host}]" if ":" in host else host
    port_after = "" if port is None else f":{port}"
    url = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{place}{port_after}/machines"
    wanted = {"user": user, "password": password, "host": host, "dbname": "machines"}
    assert Address.of_url(url).parameters == wanted | ({} if port is None else {"port": str(port)})


@given(VISIBLE, VISIBLE.map(lambda text: f"geheim-{text}"), HOSTS, PORTS)
def test_user_and_password_are_never_shown(user, password, host, port):
    address = Address.of_server(host, port or "", f"hugo-{user}", password, "db")
    shown = repr(address) + address.shown + address.reference("machine", "m", "p")
    assert "geheim" not in shown
    assert "hugo" not in shown


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        (
            "postgres://h/db?sslmode=require&application_name=x",
            {"sslmode": "require", "application_name": "x"},
        ),
        ("postgresql://h/my%20base", {"dbname": "my base"}),
        ("postgresql:///db?host=/run/postgresql", {"host": "/run/postgresql"}),
        ("postgresql://%2Frun%2Fpostgresql/db", {"host": "/run/postgresql"}),
        ("postgresql://h1:1,h2:2/db?target_session_attrs=read-write", {"host": "h1,h2", "port": "1,2"}),
        ("postgresql:///db?service=plant", {"service": "plant"}),
        ("postgresql://u:a?b=1&b=2#[c@h/db", {"user": "u", "password": "a?b=1&b=2#[c", "host": "h"}),
    ],
)
def test_parameters_are_those_of_libpq(url, parameters):
    assert parameters.items() <= Address.of_url(url).parameters.items()


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("user:pw@db:5433/my%20base", "db:5433/my%20base"),
        ("u:p@h1:1,h2:2/db?target_session_attrs=read-write", "h1:1,h2:2/db"),
        ("u:p@h1,h2:2/db", "h1,h2:2/db"),
        ("u:p@h1,h2/db", "h1,h2/db"),
        ("u:p@/db?host=h1,h2&port=5", "h1:5,h2:5/db"),
        ("u:p@[::1]:5/db", "[::1]:5/db"),
        ("u:p@/db?hostaddr=10.0.0.1", "10.0.0.1/db"),
        ("/db?host=/run/x", "%2Frun%2Fx/db"),
        ("/db", "/db"),
    ],
)
def test_a_reference_names_place_and_row_and_escapes_them(place, shown):
    reference = Address.of_url(f"postgres://{place}").reference("public.machine", "a b&c", "p/q")
    assert reference == f"postgresql://{shown}/public.machine?project_name=p%2Fq&name=a%20b%26c"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:geheim@h/db", f"begins with 'mysql', which is not PostgreSQL; {EXPECTED}"),
        ("u:geheim@h/db", f"does not begin with a scheme; {EXPECTED}"),
        *(
            (url, f"cannot be parsed; {EXPECTED}")
            for url in (
                "postgresql://u:p@geheim@h/db",
                "postgresql://u:p@h:geheim/db",
                "postgresql://u:p@h:99999/db",
                "postgresql://u:p/geheim@h/db",
                "postgresql://u:geheim%zz@h/db",
                "postgresql://u:p?geheim=1&geheim=2/@h/db",
                "postgresql://u:geheim%00@h/db",
                "postgresql://u:p@h/db?geheim",
            )
        ),
        ("postgresql://u:geheim\0@h/db", "must not contain a NUL character"),
        ("postgresql://u:geheim\udcff@h/db", "must be valid Unicode, without surrogates"),
        (
            "postgresql://u:geheim@h/db?conect_timeout=3",
            "has the parameter 'conect_timeout', which libpq does not know: correct it",
        ),
        (
            "postgresql://u:geheim@/db?host=a&host=b",
            "has 'host' 2 times; set it once: several servers are written host1:port1,host2:port2",
        ),
        (
            "postgresql://u:geheim@h/db?options=-ca%3Db&options=-cc%3Dd",
            "has 'options' 2 times; set it once",
        ),
        (
            "postgresql://u:geheim@h/db?client_encoding=latin1",
            "sets 'client_encoding'; remove it, since records are sent as UTF-8",
        ),
    ],
)
def test_what_is_not_the_url_of_a_postgresql_is_refused_without_repeating_it(url, message):
    with pytest.raises(DefinitionError) as caught:
        Address.of_url(url)
    assert str(caught.value) == f"'url' cannot be used\n  - url: {message}"
    assert caught.value.__context__ is None
