"""PostgreSQL's protocol divides into the requests that are answered, and their answers."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.testing import PostgresFraming, postgres_error


def message(kind, body=b""):
    return kind + struct.pack("!I", len(body) + 4) + body


def startup(code, body=b""):
    return struct.pack("!II", len(body) + 8, code) + body


TLS, GSSAPI, CANCEL, VERSION_3 = (startup(code) for code in (80877103, 80877104, 80877102, 196608))
START = startup(196608, b"user\0me\0\0")
QUERY = message(b"Q", b"SELECT\n  1\0")
PREPARED = (
    message(b"P", b"name\0INSERT INTO t VALUES ($1)\0\0\0")
    + message(b"B", b"Q" * 30)
    + message(b"D", b"P\0")
    + message(b"E", b"\0" * 5)
    + message(b"S")
)
READY = message(b"Z", b"I")
WELCOME = message(b"R", struct.pack("!I", 0)) + message(b"S", b"a\0b\0") + message(b"K", b"12345678") + READY
ASK_PASSWORD = message(b"R", struct.pack("!I", 10) + b"SCRAM-SHA-256\0\0")
ACCEPTED = message(b"R", struct.pack("!I", 12) + b"v=") + WELCOME
ROWS = message(b"T", b"") + message(b"D", b"Z") * 3 + message(b"C", b"SELECT 3\0") + READY
COPY_IN = message(b"G", b"\0\0\0")

CONVERSATION = [
    (TLS, "offer of encryption", b"N", "encryption"),
    (START, "startup", ASK_PASSWORD, "authentication"),
    (message(b"p", b"secret"), "password", ACCEPTED, "ready"),
    (QUERY, "SELECT 1", ROWS, "ready"),
    (PREPARED, "INSERT INTO t VALUES ($1)", ROWS, "ready"),
    (message(b"S"), "sync", READY, "ready"),
    (message(b"Q", b"COPY t FROM STDIN\0"), "COPY t FROM STDIN", COPY_IN, "copy"),
    (message(b"c"), "end of copy", message(b"C", b"COPY 1\0") + READY, "ready"),
]


def fed(feed, data, edges):
    marks = sorted({0, len(data), *(edge % (len(data) + 1) for edge in edges)})
    return [frame for start, end in itertools.pairwise(marks) for frame in feed(data[start:end])]


@given(st.lists(st.integers(0, 1000), max_size=8))
def test_each_request_of_a_conversation_is_told_apart_with_its_answer(edges):
    framing = PostgresFraming()
    for request, label, answer, answered in CONVERSATION:
        assert fed(framing.sent, request, edges) == [(request, label)]
        assert fed(framing.answered, answer, edges) == [(answer, answered)]


@pytest.mark.parametrize("offer", [TLS, GSSAPI])
def test_after_an_offer_of_encryption_the_client_starts(offer):
    framing = PostgresFraming()
    assert [frame.label for frame in framing.sent(offer + START + QUERY)] == [
        "offer of encryption",
        "startup",
        "SELECT 1",
    ]


def test_to_cancel_is_no_request_for_nothing_answers_it():
    assert list(PostgresFraming().sent(CANCEL)) == [(CANCEL, None)]


@pytest.mark.parametrize("kind", [b"X", b"H", b"d"], ids=["terminate", "flush", "row"])
def test_what_nothing_answers_is_no_request(kind):
    framing = PostgresFraming()
    list(framing.sent(VERSION_3))
    assert list(framing.sent(message(kind))) == [(message(kind), None)]


def test_the_last_words_of_a_server_are_kept_for_the_client():
    framing = PostgresFraming()
    words = postgres_error("57P01", "terminating", severity="FATAL").data
    assert list(framing.answered(words)) == []
    assert framing.rest_answered() == words


def test_a_long_statement_is_called_by_its_beginning():
    framing = PostgresFraming()
    list(framing.sent(VERSION_3))
    ((_, label),) = framing.sent(message(b"Q", b"SELECT " + b"x" * 1000 + b"\0"))
    assert label == "SELECT " + "x" * 53


def test_the_answer_to_a_request_that_the_proxy_has_answered_is_not_waited_for():
    framing = PostgresFraming()
    list(framing.sent(TLS))
    framing.skip_answer()
    list(framing.sent(START))
    assert list(framing.answered(ASK_PASSWORD)) == [(ASK_PASSWORD, "authentication")]
