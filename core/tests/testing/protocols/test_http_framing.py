"""HTTP divides into requests and answers as RFC 9112 says."""

import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.testing import HttpFraming

PLAIN = b"GET /a?secret=1 HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = b"POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nGET /"
CHUNKED = (
    b"PUT http://x/c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b"5;more=1\r\n0\r\n\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
)
HEAD = b"HEAD /d HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
NOTHING = b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n"
ONLY_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n"
CHUNKS = b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall that comes"


def pieces(data, edges):
    marks = sorted({0, len(data), *(edge % (len(data) + 1) for edge in edges)})
    return [data[start:end] for start, end in itertools.pairwise(marks)]


EDGES = st.lists(st.integers(0, 1000), max_size=6)


@given(st.permutations([PLAIN, LENGTH, CHUNKED, HEAD]), EDGES)
def test_requests_on_a_kept_connection_are_told_apart(requests, edges):
    framing = HttpFraming()
    frames = [frame for piece in pieces(b"".join(requests), edges) for frame in framing.sent(piece)]
    assert [frame.data for frame in frames] == requests
    assert {frame.label for frame in frames} == {"GET /a", "POST /b", "PUT http://x/c", "HEAD /d"}


@given(EDGES)
def test_answers_on_a_kept_connection_are_told_apart(edges):
    framing = HttpFraming()
    list(framing.sent(PLAIN + HEAD + LENGTH + PLAIN + PLAIN))
    answers = [OK, ONLY_HEAD, EARLY, NOTHING, CHUNKS, OK]
    frames = [frame for piece in pieces(b"".join(answers), edges) for frame in framing.answered(piece)]
    assert [frame.data for frame in frames] == answers
    assert [frame.label for frame in frames] == ["200", "200", None, "204", "500", "200"]


def test_an_answer_without_a_length_lasts_as_long_as_the_connection():
    framing = HttpFraming()
    list(framing.sent(PLAIN))
    assert list(framing.answered(UNTIL_THE_END)) == []
    assert framing.rest_answered() == UNTIL_THE_END


@given(EDGES)
def test_the_continue_of_a_server_is_dropped_for_the_client_has_sent_everything(edges):
    framing = HttpFraming()
    list(framing.sent(LENGTH))
    answers = CONTINUE + CONTINUE + OK
    frames = [frame for piece in pieces(answers, edges) for frame in framing.answered(piece)]
    assert frames == [(OK, "200")]


def test_a_client_that_expects_continue_gets_it_once_and_before_its_body():
    framing = HttpFraming()
    head, body = b"PUT /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"ab"
    assert list(framing.sent(head)) == []
    assert framing.interim_answer() == CONTINUE
    assert framing.interim_answer() == b""
    assert list(framing.sent(body)) == [(head + body, "PUT /e")]
    assert framing.interim_answer() == b""


def test_a_client_that_does_not_wait_for_continue_does_not_get_it():
    framing = HttpFraming()
    whole = b"PUT /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"
    assert list(framing.sent(whole)) == [(whole, "PUT /e")]
    assert framing.interim_answer() == b""


def test_the_answer_to_a_request_that_the_proxy_has_answered_is_not_waited_for():
    framing = HttpFraming()
    list(framing.sent(HEAD))
    framing.skip_answer()
    list(framing.sent(PLAIN))
    assert list(framing.answered(OK)) == [(OK, "200")]


def test_a_head_as_long_as_a_server_would_refuse_is_passed_on_for_it_to_refuse():
    long = b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    framing = HttpFraming()
    frames = [
        frame for start in range(0, len(long), 999) for frame in framing.sent(long[start : start + 999])
    ]
    assert [frame.data for frame in frames] == [long]


def test_what_is_not_http_is_refused():
    with pytest.raises(h11.RemoteProtocolError):
        list(HttpFraming().sent(b"\x16\x03\x01 hello, TLS\r\n\r\n"))
