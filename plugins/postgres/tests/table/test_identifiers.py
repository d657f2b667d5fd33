"""Names as SQL writes them, held against a real server."""

import contextlib

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk_postgres.table.machine_table import MachineTable


@pytest.fixture(scope="module")
def connection(postgres_server):
    with contextlib.closing(psycopg2.connect(postgres_server.url.replace("+psycopg2", ""))) as connection:
        connection.autocommit = True
        yield connection


def identifier(name):
    return MachineTable.of(name, None).name


def test_what_the_server_reserves_is_quoted(database):
    words = [
        word for (word,) in database.query("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")
    ]
    assert len(words) > 50
    for word in words:
        with contextlib.suppress(psycopg2.errors.DuplicateTable):
            database.query(f"CREATE TABLE {identifier(word)} ()")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("machine", "machine"),
        ("m_2", "m_2"),
        ("user", '"user"'),
        ("Machine", '"Machine"'),
        ("2m", '"2m"'),
        ("é", '"é"'),
        ('a"b', '"a""b"'),
        ("50 %", '"50 %"'),
    ],
)
def test_a_name_is_quoted_if_necessary(name, written):
    assert identifier(name) == written


@given(
    name=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
)
def test_the_server_reads_the_name_that_was_meant(connection, name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 AS {identifier(name)}")
        assert cursor.description[0].name == name
