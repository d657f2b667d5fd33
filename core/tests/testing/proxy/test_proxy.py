"""The proxy lets everything through unless it is told what to break, and breaks exactly that."""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading

import pytest
from newsdesk.testing import (
    Answer,
    BlackHole,
    Bursts,
    Cut,
    CutBytes,
    Delay,
    FaultProxy,
    Moment,
    PostgresFraming,
    Refuse,
    Reset,
    html_answer,
    http_answer,
    postgres_error,
)

BODY = b"b" * 200_000


def kept(proxy):
    return contextlib.closing(http.client.HTTPConnection(proxy.host, proxy.port, timeout=30))


# What goes through.


def test_all_goes_through_and_is_counted(backend, proxy, ask):
    status, _, body = ask("POST", "/letters?of=me", BODY)
    assert (status, body) == (200, b'{"bytes": 200000}')
    assert backend.seen == [("/letters?of=me", BODY)]
    counts = proxy.counts
    assert (counts.connections, counts.labels, counts.requests) == (1, ["POST /letters"], 1)
    assert counts.up > len(BODY)
    assert counts.down > len(body)


def test_requests_on_one_kept_connection_are_counted_one_by_one(proxy, ask):
    with kept(proxy) as connection:
        for _ in range(3):
            assert ask(connection=connection)[0] == 200
    assert (proxy.counts.connections, proxy.counts.requests) == (1, 3)


def test_a_chunked_request_is_one_request(backend, proxy, ask):
    with kept(proxy) as connection:
        connection.request("GET", "/", iter([b"ab", b"cd"]), encode_chunked=True)
        assert connection.getresponse().status == 200
    assert proxy.counts.requests == 1


def test_an_answer_to_head_has_no_body_to_wait_for(proxy, ask):
    with kept(proxy) as connection:
        assert ask("HEAD", connection=connection)[2] == b""
        assert ask("GET", connection=connection)[2] == b"x" * 1000


def test_a_client_that_expects_continue_gets_it_before_it_sends_the_body(backend, proxy):
    with kept(proxy) as connection:
        connection.putrequest("PUT", "/letters")
        connection.putheader("Expect", "100-continue")
        connection.putheader("Content-Length", str(len(BODY)))
        connection.endheaders()
        interim = connection.sock.recv(1000)
        assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (backend.seen, proxy.counts.requests) == ([], 0)
        connection.send(BODY)
        assert connection.getresponse().status == 200
    assert backend.seen == [("/letters", BODY)]
    assert proxy.counts.labels == ["PUT /letters"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_which_waits_for_continue_as_long_as_it_takes_gets_it_once(backend, proxy, tmp_path):
    (tmp_path / "body").write_bytes(BODY)
    url = f"http://{proxy.host}:{proxy.port}/letters"
    options = ["--silent", "--noproxy", "*", "--max-time", "60", "--expect100-timeout", "3600"]
    given = ["--header", "Expect: 100-continue", "--upload-file", str(tmp_path / "body"), "--include", url]
    done = subprocess.run(["curl", *options, *given], capture_output=True, check=True)
    assert done.stdout.count(b"HTTP/1.1 100 Continue") == 1
    assert done.stdout.endswith(b'{"bytes": 200000}')
    assert backend.seen == [("/letters", BODY)]


def test_a_black_hole_does_not_say_continue_either(backend, proxy):
    with kept(proxy) as connection:
        connection.connect()
        connection.request("GET", "/")
        connection.getresponse().read()
        proxy.fail(BlackHole(), times=1)
        connection.putrequest("PUT", "/letters")
        connection.putheader("Expect", "100-continue")
        connection.putheader("Content-Length", str(len(BODY)))
        connection.endheaders()
        connection.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.sock.recv(1)


def test_what_is_not_http_ends_the_connection_and_fails_the_test(backend, proxy):
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", lambda failure: seen.append(failure.exc_type.__name__))
        with socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
            client.sendall(b"\x16\x03\x01 hello, TLS\r\n\r\n")
            assert client.recv(1) == b""
        proxy.close()
    assert (seen, backend.seen) == (["RemoteProtocolError"], [])


def test_counting_afresh_gives_what_was_counted_and_forgets_it(proxy, ask):
    ask()
    assert proxy.recount().requests == 1
    assert (proxy.counts.requests, proxy.counts.connections, proxy.counts.up) == (0, 0, 0)


def test_a_url_leads_through_the_proxy_and_is_otherwise_the_same():
    with FaultProxy.to("postgresql+psycopg2://u:p%40@db.local:5432/x?a=b") as proxy:
        assert proxy.through("postgresql+psycopg2://u:p%40@db.local:5432/x?a=b") == (
            f"postgresql+psycopg2://u:p%40@127.0.0.1:{proxy.port}/x?a=b"
        )
        assert proxy.upstream == ("db.local", 5432)
        assert proxy.framing is PostgresFraming


def test_a_scheme_that_is_not_known_is_told_apart_by_bursts():
    assert FaultProxy.to("redis://x:1").framing is Bursts


def test_a_url_without_a_port_is_refused():
    with pytest.raises(
        ValueError, match="a proxy needs a URL with host and port, but got one of 'http' without them"
    ):
        FaultProxy.to("http://x/")


def test_a_server_that_comes_back_elsewhere_is_reached_under_the_old_address(proxy, ask, backend):
    proxy.upstream = ("127.0.0.1", proxy.port + 1 if proxy.port < 65535 else 1)
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        ask()
    proxy.upstream = ("127.0.0.1", backend.server_port)
    assert ask()[0] == 200


def test_a_closed_proxy_ends_its_connections_and_frees_its_port(backend):
    with FaultProxy.to(backend.url) as proxy:
        open_one = socket.create_connection((proxy.host, proxy.port), timeout=30)
        open_one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        open_one.recv(10)
    with open_one, contextlib.suppress(ConnectionError):
        while open_one.recv(1000):
            pass
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((proxy.host, proxy.port))
        sock.listen()


# Connections that fail.


def test_a_refused_connection_is_refused_until_it_is_cleared(proxy, ask):
    proxy.fail(Refuse())
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            ask()
    proxy.clear()
    assert ask()[0] == 200


def test_to_refuse_also_breaks_the_connections_that_are_open(backend, proxy, ask):
    with kept(proxy) as connection:
        ask(connection=connection)
        proxy.fail(Refuse())
        connection.request("GET", "/late")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()
    assert [path for path, _ in backend.seen] == ["/"]


def test_a_reset_connection_is_reset_so_often_as_was_asked(backend, proxy, ask):
    proxy.fail(Reset(), times=2)
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            ask()
    assert ask()[0] == 200
    assert len(backend.seen) == 1


def test_a_black_hole_takes_everything_and_gives_nothing(backend, proxy):
    proxy.fail(BlackHole(), times=1)
    with socket.create_connection((proxy.host, proxy.port)) as lost:
        lost.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        lost.settimeout(0.3)
        with pytest.raises(TimeoutError):
            lost.recv(1)
    assert backend.seen == []


def test_a_black_hole_swallows_open_connections_too_and_keeps_them(backend, proxy, ask):
    with kept(proxy) as connection:
        ask(connection=connection)
        proxy.fail(BlackHole())
        connection.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ask(connection=connection)
        proxy.clear()
        with pytest.raises(TimeoutError):
            connection.sock.recv(1)
    assert ask()[0] == 200
    assert len(backend.seen) == 2


def test_a_late_request_arrives(backend, proxy, ask):
    proxy.fail(Delay(0.05), times=1)
    assert ask("POST", "/late", b"x")[0] == 200
    assert backend.seen == [("/late", b"x")]


def test_closing_a_proxy_does_not_wait_for_what_is_late(backend):
    with FaultProxy.to(backend.url) as proxy:
        proxy.fail(Delay(3600))
        with socket.create_connection((proxy.host, proxy.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            while not proxy.counts.requests:
                pass
            proxy.close()


# Connections that are cut.


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("request_number", [1, 3])
def test_a_connection_is_cut_at_the_asked_moment_of_the_asked_request(
    backend, proxy, ask, moment, request_number
):
    proxy.fail(Cut(request_number, moment), times=1)
    for number in range(1, 5):
        if number == request_number:
            with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
                ask("POST", f"/{number}", BODY)
        else:
            assert ask("POST", f"/{number}", BODY)[0] == 200
    arrived = moment in (Moment.AFTER, Moment.ANSWER)
    assert backend.seen == [(f"/{n}", BODY) for n in range(1, 5) if arrived or n != request_number]


def test_of_a_request_that_is_cut_within_the_server_has_seen_half(backend, proxy, ask):
    proxy.fail(Cut(1, Moment.WITHIN), times=1)
    with pytest.raises(ConnectionResetError):
        ask("POST", "/half", BODY)
    assert len(BODY) / 2 < proxy.counts.up < len(BODY) / 2 + 1000


def test_requests_are_counted_over_all_connections(backend, proxy, ask):
    proxy.fail(Cut(3), times=1)
    with kept(proxy) as first, kept(proxy) as second:
        ask(connection=first)
        ask(connection=second)
        with pytest.raises(ConnectionResetError):
            ask("GET", "/third", connection=first)
    assert len(backend.seen) == 2


def test_somebody_is_told_just_before_a_connection_is_cut(backend, proxy, ask):
    seen = []
    proxy.fail(Cut(1, Moment.AFTER, lambda label: seen.append((label, len(backend.seen)))), times=1)
    with pytest.raises(ConnectionResetError):
        ask("POST", "/told?x=1", b"x")
    assert seen == [("POST /told", 1)]


def test_a_connection_is_cut_after_so_many_bytes_to_the_server(backend, proxy, ask):
    proxy.fail(CutBytes(1000), times=1)
    with pytest.raises(ConnectionResetError):
        ask("POST", "/cut", BODY)
    assert (proxy.recount().up, backend.seen) == (1000, [])
    assert ask("POST", "/whole", BODY)[0] == 200


def test_a_connection_is_cut_after_so_many_bytes_to_the_client(backend, proxy, ask):
    proxy.fail(CutBytes(200, "down"), times=1)
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        ask("GET", "/cut")
    assert (proxy.counts.down, backend.seen) == (200, [("/cut", b"")])


def test_bytes_that_are_left_over_are_left_for_the_next_request_of_the_connection(backend, proxy, ask):
    proxy.fail(CutBytes(300), times=1)
    with kept(proxy) as connection:
        ask(connection=connection)
        with pytest.raises(ConnectionResetError):
            ask("POST", "/second", BODY, connection=connection)
    assert (proxy.counts.up, len(backend.seen)) == (300, 1)


# Answers in the server's place.


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_the_proxy_answers_and_the_server_sees_nothing(backend, proxy, ask, status):
    proxy.fail(http_answer(status, retry_after=3), times=1)
    got, headers, _ = ask("POST", "/x", BODY)
    assert (got, headers["Retry-After"], backend.seen) == (status, "3", [])
    assert ask("POST", "/x", BODY)[0] == 200


def test_a_connection_goes_on_after_an_answer_of_the_proxy(backend, proxy, ask):
    proxy.fail(html_answer(), times=1)
    with kept(proxy) as connection:
        assert b"Sign in" in ask(connection=connection)[2]
        assert ask(connection=connection)[2] == b"x" * 1000


def test_a_head_after_an_answer_of_the_proxy_has_no_body_to_wait_for(backend, proxy, ask):
    proxy.fail(http_answer(503), times=1)
    with kept(proxy) as connection:
        assert ask("POST", "/x", b"x", connection=connection)[0] == 503
        assert ask("HEAD", connection=connection)[0] == 200


def test_faults_follow_each_other(backend, proxy, ask):
    proxy.fail(http_answer(503), times=2)
    proxy.fail(http_answer(429), times=1)
    assert [ask()[0] for _ in range(4)] == [503, 503, 429, 200]


def test_an_answer_may_end_the_connection(backend):
    with FaultProxy("127.0.0.1", backend.server_port, PostgresFraming) as proxy:
        fatal = postgres_error("53300", "too many clients", severity="FATAL")
        proxy.fail(fatal)
        with socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
            client.sendall(b"\0\0\0\x08\0\x03\0\0")
            received = b"".join(iter(lambda: client.recv(100), b""))
    assert received == fatal.data


# Protocols that are not known.


@pytest.fixture
def echo():
    """A server that gives back each line, and then a line of its own."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=talk, args=(client,), daemon=True).start()

    def talk(client):
        with contextlib.suppress(OSError), client, client.makefile("rwb") as file:
            for line in file:
                file.write(line + b"ok\n")
                file.flush()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()
    listener.close()


def test_what_a_client_sends_before_it_is_answered_is_one_request(echo):
    with FaultProxy(*echo) as proxy, socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
        file = client.makefile("rwb")
        for number in range(3):
            file.write(b"%d\n" % number)
            file.flush()
            assert [file.readline(), file.readline()] == [b"%d\n" % number, b"ok\n"]
        assert proxy.counts.labels == ["burst"] * 3
        proxy.fail(Answer(b"made up\n"), times=1)
        file.write(b"more\n")
        file.flush()
        assert file.readline() == b"made up\n"
        file.write(b"and more\n")
        file.flush()
        assert [file.readline(), file.readline()] == [b"and more\n", b"ok\n"]
        assert proxy.counts.requests == 5


def test_a_client_that_has_said_all_still_gets_its_answer(echo):
    with FaultProxy(*echo) as proxy, socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
        client.sendall(b"last\n")
        client.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: client.recv(100), b"")) == b"last\nok\n"


def test_the_proxy_needs_neither_pytest_nor_hypothesis():
    code = "import sys; sys.modules.update(pytest=None, hypothesis=None); from newsdesk.testing import FaultProxy"
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))
