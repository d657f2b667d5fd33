"""A stream gives the same frames whatever pieces its bytes come in."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.testing import Frame, Stream


def counted(stream):
    """A line with a number of bytes, and those bytes; an empty frame has no label."""
    line = b""
    while not line.endswith(b"\r\n"):
        line += yield from stream.take(1)
    count = int(line)
    body = yield from stream.take(count)
    return body.decode("latin-1") or None


def wire(bodies):
    return b"".join(b"%d\r\n%s" % (len(body), body) for body in bodies)


@given(st.lists(st.binary(max_size=12), max_size=8), st.lists(st.integers(0, 120)))
def test_frames_do_not_depend_on_the_pieces_in_which_their_bytes_come(bodies, cuts):
    data, stream = wire(bodies), Stream(counted)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = [frame for start, end in itertools.pairwise(edges) for frame in stream.feed(data[start:end])]
    assert found == [Frame(wire([body]), body.decode("latin-1") or None) for body in bodies]
    assert stream.rest() == b""


@given(st.binary(min_size=1, max_size=20), st.data())
def test_the_rest_is_what_was_begun_and_not_finished(body, data):
    stream, whole = Stream(counted), wire([body])
    begun = whole[: data.draw(st.integers(1, len(whole) - 1))]
    assert list(stream.feed(wire([b"first"]) + begun)) == [Frame(b"5\r\nfirst", "first")]
    assert stream.rest() == begun


def test_after_the_rest_a_stream_begins_anew():
    stream = Stream(counted)
    list(stream.feed(b"5\r\nab"))
    assert stream.rest() == b"5\r\nab"
    assert list(stream.feed(b"1\r\nx")) == [Frame(b"1\r\nx", "x")]


def test_what_a_protocol_does_not_allow_is_told():
    with pytest.raises(ValueError, match="invalid literal"):
        list(Stream(counted).feed(b"no number\r\n"))


def greedy(stream):
    """Read all that has come, keep what comes before the first full stop, and drop a frame that begins with `-`."""
    data = b""
    while b"." not in data:
        data += yield from stream.some()
    frame, _, rest = data.partition(b".")
    stream.unread(len(rest))
    if frame.startswith(b"-"):
        stream.drop()
    return frame.decode()


@given(st.lists(st.integers(0, 20)))
def test_what_was_read_too_far_belongs_to_the_next_frame_and_what_is_dropped_to_none(cuts):
    data, stream = b"ab.-x.c..d.", Stream(greedy)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = [frame for start, end in itertools.pairwise(edges) for frame in stream.feed(data[start:end])]
    assert found == [(b"ab.", "ab"), (b"", "-x"), (b"c.", "c"), (b".", ""), (b"d.", "d")]
