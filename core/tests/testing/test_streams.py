"""A stream gives the same units whatever pieces its bytes come in."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.testing import Stream, Unit


def counted(stream):
    """A line that tells a number of bytes, and those bytes; nought is for what is nobody's."""
    count = int((yield from stream.through(b"\r\n")))
    body = yield from stream.take(count)
    return body.decode("latin-1") or None


def wire(bodies):
    return b"".join(b"%d\r\n%s" % (len(body), body) for body in bodies)


@given(st.lists(st.binary(max_size=12), max_size=8), st.lists(st.integers(0, 120)))
def test_units_do_not_depend_on_the_pieces_in_which_their_bytes_come(bodies, cuts):
    data, stream = wire(bodies), Stream(counted)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = [unit for start, end in itertools.pairwise(edges) for unit in stream.feed(data[start:end])]
    assert found == [Unit(wire([body]), body.decode("latin-1") or None) for body in bodies]
    assert stream.rest() == b""


@given(st.binary(min_size=1, max_size=20), st.data())
def test_the_rest_is_what_was_begun_and_not_finished(body, data):
    stream, whole = Stream(counted), wire([body])
    begun = whole[: data.draw(st.integers(1, len(whole) - 1))]
    assert list(stream.feed(wire([b"first"]) + begun)) == [Unit(b"5\r\nfirst", "first")]
    assert stream.rest() == begun


def test_after_the_rest_a_stream_begins_anew():
    stream = Stream(counted)
    list(stream.feed(b"5\r\nab"))
    assert stream.rest() == b"5\r\nab"
    assert list(stream.feed(b"1\r\nx")) == [Unit(b"1\r\nx", "x")]


def test_what_a_protocol_does_not_allow_is_told():
    with pytest.raises(ValueError, match="invalid literal"):
        list(Stream(counted).feed(b"no number\r\n"))
