"""HTTP falls into requests and answers as RFC 9112 says."""

import http.client
import io
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.testing import HttpFraming, html_answer, http_answer

PLAIN = b"GET /a?secret=1 HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = b"POST /b HTTP/1.1\r\ncontent-length: 5\r\n\r\nGET /"
CHUNKED = (
    b"PUT http://x/c HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
    b"5;more=1\r\n0\r\n\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
)
HEAD = b"HEAD /d HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
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
    units = [unit for piece in pieces(b"".join(requests), edges) for unit in framing.sent(piece)]
    assert [unit.data for unit in units] == requests
    assert {unit.label for unit in units} == {"GET /a", "POST /b", "PUT http://x/c", "HEAD /d"}


@given(EDGES)
def test_answers_on_a_kept_connection_are_told_apart(edges):
    framing = HttpFraming()
    list(framing.sent(PLAIN + HEAD + LENGTH + PLAIN + PLAIN))
    answers = [OK, ONLY_HEAD, CONTINUE, NOTHING, CHUNKS, OK]
    units = [unit for piece in pieces(b"".join(answers), edges) for unit in framing.answered(piece)]
    assert [unit.data for unit in units] == answers
    assert [unit.label for unit in units] == ["200", "200", None, "204", "500", "200"]


def test_an_answer_without_a_length_lasts_as_long_as_the_connection():
    framing = HttpFraming()
    list(framing.sent(PLAIN))
    assert list(framing.answered(UNTIL_THE_END)) == []
    assert framing.rest_answered() == UNTIL_THE_END


class Wire(io.BytesIO):
    """What `http.client` takes for a socket."""

    def makefile(self, *_):
        return self


def read(answer, method="POST"):
    response = http.client.HTTPResponse(Wire(answer.data), method=method)
    response.begin()
    return response


@pytest.mark.parametrize("status", [429, 500, 502, 503, 418])
def test_a_made_answer_is_http_that_a_client_understands(status):
    response = read(http_answer(status, retry_after=7))
    assert (response.status, response.headers["Retry-After"]) == (status, "7")
    assert "error" in json.loads(response.read())


def test_a_made_answer_asks_to_come_again_only_when_it_is_told_to():
    assert read(http_answer(503)).headers["Retry-After"] is None
    assert (
        read(http_answer(503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"))
        .headers["Retry-After"]
        .endswith("GMT")
    )


def test_a_portal_answers_with_a_page_and_says_that_all_is_well():
    assert html_answer().label == "200 OK, a page of HTML that asks to sign in"
    response = read(html_answer())
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<h1>Sign in</h1>" in response.read()
