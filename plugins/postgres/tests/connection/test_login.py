"""Logins: a password that was rotated is found, and one that was refused is not tried again."""

import contextlib
import pickle
import socket
import struct
import threading
from urllib.parse import quote

import pytest
from newsdesk import DeliveryFailed, Desk, Machine, Retry, Status
from newsdesk.testing import FaultProxy
from newsdesk_postgres import PermanentPostgresError, PostgresReporter
from newsdesk_postgres.connection.login import Login, RefusedLogins

REFUSED = 'password authentication failed for user "{user}"; check `user` and `password`'
AGAIN = "; the same login is not tried again"
HOSTILE = ["Hun@ter2secret/tail9", "a:b@c/d%e#f?g&h[i] j", "%2F%zz%", "grün-🐘", "'\"\\ x", "postgres"]


@pytest.fixture
def proxy(database):
    with FaultProxy.to(database.url) as between:
        yield between


@pytest.fixture
def role(database):
    """The name of a user whose password can be changed."""
    name = f"reporter_{database.name}"
    database.query(f"CREATE ROLE {name} LOGIN PASSWORD 'first'")
    database.query(f"GRANT USAGE, CREATE ON SCHEMA public TO {name}")
    yield name
    database.query(f"DROP OWNED BY {name}")
    database.query(f"DROP ROLE {name}")


@pytest.fixture
def rotate(database, role):
    """Give a function that changes the password, and ends the sessions that were made with the old one."""

    def change(password):
        database.query(f"ALTER ROLE {role} PASSWORD %s", password)
        database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", role)

    return change


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "password"
    path.write_text("first\n")
    return path


@pytest.fixture
def reporter(database, proxy, role, secret):
    host, port = proxy.host, proxy.port
    return PostgresReporter(host, port, role, f"${{file:{secret}}}", database.name, sslmode="disable")


@pytest.fixture
def desk(reporter):
    with Desk(reporter, retry=Retry(attempts=1)) as opened:
        yield opened


def report(desk, machine):
    try:
        [receipt] = desk.report(machine)
    except DeliveryFailed as failure:
        [receipt] = failure.receipts
    return receipt


def machine(number):
    return Machine(name=f"m{number}", project_name="p")


def test_a_rotated_password_is_found_by_the_desk_that_is_open(desk, proxy, rotate, secret):
    assert report(desk, machine(1)).status is Status.DELIVERED
    secret.write_text("second\n")
    rotate("second")
    before = proxy.counts.connections
    receipt = report(desk, machine(2))
    assert (receipt.status, receipt.attempts) == (Status.DELIVERED, 1)
    assert proxy.counts.connections == before + 2, "once with the old password, and once with the new one"
    rotate("second")
    before = proxy.counts.connections
    assert report(desk, machine(3)).status is Status.DELIVERED
    assert proxy.counts.connections == before + 1, "the new one is kept"


def test_a_password_that_was_refused_is_tried_again_only_when_it_is_another(
    desk, proxy, rotate, secret, role
):
    report(desk, machine(1))
    rotate("second")
    before = proxy.counts.connections
    texts = [str(report(desk, machine(number)).error) for number in range(2, 5)]
    refused = f"cannot connect to {proxy.host}:{proxy.port}: {REFUSED.format(user=role)}"
    assert texts == [refused, refused + AGAIN, refused + AGAIN]
    assert proxy.counts.connections == before + 1
    secret.write_text("wrong\n")
    assert str(report(desk, machine(5)).error) == refused
    assert proxy.counts.connections == before + 2
    secret.unlink()
    assert str(report(desk, machine(6)).error) == refused + AGAIN
    assert proxy.counts.connections == before + 2
    secret.write_text("second\n")
    assert report(desk, machine(7)).status is Status.DELIVERED


@pytest.mark.parametrize("together", [False, True])
def test_a_wrong_password_is_tried_once_however_many_machines_there_are(desk, proxy, rotate, together):
    """Also where the reporter could not be opened at all."""
    rotate("second")
    machines = [machine(number) for number in range(5)]
    receipts = [*desk.report_many(machines)] if together else [report(desk, each) for each in machines]
    assert [type(receipt.error) for receipt in receipts] == [PermanentPostgresError] * 5
    assert proxy.counts.connections == 1


def test_a_reporter_whose_first_password_was_wrong_opens_with_the_next(desk, proxy, rotate, secret):
    rotate("second")
    assert report(desk, machine(1)).status is Status.FAILED
    secret.write_text("second\n")
    assert report(desk, machine(1)).status is Status.DELIVERED


def test_a_literal_password_that_was_refused_is_not_tried_again(database, proxy, role):
    host, port = proxy.host, proxy.port
    reporter = PostgresReporter(host, port, role, "geheim-wrong", database.name, sslmode="disable")
    for text in (REFUSED.format(user=role), REFUSED.format(user=role) + AGAIN):
        with pytest.raises(PermanentPostgresError) as caught:
            reporter.report(machine(1))
        assert str(caught.value).endswith(text)
        assert "geheim" not in str(caught.value)
    assert proxy.counts.connections == 1
    assert pickle.loads(pickle.dumps(reporter)) == reporter


def test_a_password_that_comes_back_is_tried_again(desk, rotate, secret):
    for password in ("first", "second", "first", "second"):
        rotate(password)
        assert report(desk, machine(password)).status is not Status.DELIVERED or password == "first"
        secret.write_text(password)
        assert report(desk, machine(password)).ok


@pytest.fixture
def libpq_has(monkeypatch, tmp_path):
    """Give a function that sets the password which libpq finds by itself: in a variable, or in a file."""
    passfile = tmp_path / "pgpass"
    passfile.touch(mode=0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))

    def change(*, variable="", file=""):
        monkeypatch.setenv("PGPASSWORD", variable)
        passfile.write_text(f"*:*:*:*:{file}")

    return change


def test_a_password_of_libpqs_own_variable_or_file_is_found_when_it_was_rotated(
    database, proxy, role, rotate, libpq_has
):
    url = f"postgresql://{role}@{proxy.host}:{proxy.port}/{database.name}?sslmode=disable"
    with Desk(PostgresReporter(url=url), retry=Retry(attempts=1)) as desk:
        for number, password in enumerate(("second", "third")):
            rotate(password)
            libpq_has(variable=f"wrong{number}")
            counts = []
            for _ in range(3):
                assert not report(desk, machine(number)).ok
                counts.append(proxy.counts.connections)
            assert len(set(counts)) == 1
            libpq_has(variable=password)
            assert report(desk, machine(number)).ok
            rotate(password)
            libpq_has(file="wrong")
            assert not report(desk, machine(number + 10)).ok
            libpq_has(file=password)
            assert report(desk, machine(number + 10)).ok


def test_a_password_refused_by_the_second_of_two_servers_is_not_tried_again(database, proxy, role):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    servers = f"127.0.0.1:{closed},{proxy.host}:{proxy.port}"
    url = f"postgresql://{role}:wrong@{servers}/{database.name}?sslmode=disable"
    with Desk(PostgresReporter(url=url), retry=Retry(attempts=5, initial=0.01)) as desk:
        receipts = [report(desk, machine(number)) for number in range(2)]
    assert [receipt.attempts for receipt in receipts] == [1, 1]
    assert str(receipts[0].error).startswith(
        f"cannot connect to {servers}: refused / password authentication"
    )
    assert proxy.counts.connections == 1


def test_a_default_password_is_named_as_such(database, proxy, role):
    host, port = proxy.host, proxy.port
    with pytest.raises(PermanentPostgresError) as caught:
        PostgresReporter(host, port, role, database=database.name).ping()
    assert str(caught.value).endswith(f'for user "{role}"; no `password` is set; the default was tried')


@pytest.mark.parametrize("password", HOSTILE)
def test_a_reference_in_a_url_gives_the_password_as_it_is(database, role, rotate, monkeypatch, password):
    rotate(password)
    monkeypatch.setenv("DB_PASSWORD", password)
    at = f"{database.server.hostname}:{database.server.port}/{database.name}"
    for url in (
        f"postgresql://{role}:${{env:DB_PASSWORD}}@{at}",
        f"postgresql://{at}?user={role}&password=${{env:DB_PASSWORD}}",
        f"postgresql://{role}:{quote(password, safe='')}@{at}",
    ):
        with PostgresReporter(url=url) as reporter:
            assert (
                reporter.report(machine(1)).reference == f"postgresql://{at}/machine?project_name=p&name=m1"
            )


def test_a_rotated_password_in_a_url_is_found_and_neither_is_shown(
    database, proxy, role, rotate, monkeypatch
):
    monkeypatch.setenv("DB_PASSWORD", "geheim/@1")
    host, port = proxy.host, proxy.port
    rotate("geheim/@1")
    url = f"postgresql://{role}:${{env:DB_PASSWORD}}@{host}:{port}/{database.name}"
    with Desk(PostgresReporter(url=url), retry=Retry(attempts=1)) as desk:
        assert report(desk, machine(1)).status is Status.DELIVERED
        rotate("geheim/@2")
        monkeypatch.setenv("DB_PASSWORD", "geheim/@wrong")
        receipt = report(desk, machine(2))
        assert str(receipt.error).endswith("; check `user` and `password` in `url`")
        monkeypatch.setenv("DB_PASSWORD", "geheim/@2")
        assert report(desk, machine(3)).status is Status.DELIVERED
    assert "geheim" not in repr(receipt) + str(receipt.error)


@pytest.fixture
def speaks():
    """Give a function that starts a server which refuses every connection with a message, as bytes."""
    listeners = []

    def start(message):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        fields = b"SFATAL\0C28000\0M" + message + b"\0\0"

        def refuse():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    length, code = struct.unpack("!II", client.recv(8))
                    if code == TLS:
                        client.sendall(b"N")
                        length, _ = struct.unpack("!II", client.recv(8))
                    client.recv(length - 8)
                    client.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)
                    client.close()

        threading.Thread(target=refuse, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.close()


TLS = 80877103
"""How a client asks for TLS."""


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_message_in_the_servers_own_language_and_encoding_is_an_error_that_does_not_pass(speaks, encoding):
    reporter = PostgresReporter("127.0.0.1", speaks("für »u« gilt: nein".encode(encoding)), "u", "geheim")
    with pytest.raises(PermanentPostgresError, match=r"cannot connect to 127.0.0.1:\d+: f.r .u. gilt: nein"):
        reporter.ping()


def test_what_cannot_be_text_for_libpq_is_refused_without_being_shown():
    login = Login({"password": "geheim\0"}, RefusedLogins(), lambda: None, lambda remedy: remedy)
    with pytest.raises(PermanentPostgresError, match="not valid text") as caught:
        login.connect()
    assert "geheim" not in repr(login)
    assert caught.value.__suppress_context__
