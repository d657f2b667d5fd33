"""Curves and spans drawn with characters."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.cli.pages.marks import Marks, sampled

MARKS = Marks()
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ""),
        ([1.0], "▄"),
        ([2.0, 2.0, 2.0], "▄▄▄"),
        ([0.0, 7.0], "▁█"),
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "▁▂▃▄▅▆▇█"),
        ([0.0, NAN, 1.0], f"▁{MARKS.nan}█"),
        ([0.0, None, 1.0], "▁ █"),
        ([NAN, NAN], MARKS.nan * 2),
        ([0.0, INF, -INF, 1.0], "▁█▁█"),
        ([INF], "█"),
        ([-1.7e308, 1.7e308], "▁█"),
    ],
)
def test_a_curve_has_a_mark_for_each_value_from_the_lowest_to_the_highest(values, expected):
    assert MARKS.curve(values, 40) == expected


def test_a_long_curve_is_shortened_to_means_and_a_nan_in_it_stays():
    assert sampled([1.0, 3.0, 5.0, 7.0], 2) == [2.0, 6.0]
    assert MARKS.curve([0.0] * 500 + [NAN] + [1.0] * 499, 10) == f"▁▁▁▁▁{MARKS.nan}████"
    assert sampled([None, None, 1.0, None], 2) == [None, 1.0]


@given(values=st.lists(st.one_of(st.none(), st.floats()), max_size=300), width=st.integers(1, 60))
def test_no_curve_is_longer_than_it_may_be(values, width):
    assert len(MARKS.curve(values, width)) == min(len(values), width)


@given(data=st.data(), width=st.integers(2, 60))
def test_no_span_is_longer_than_its_line_and_each_part_is_seen(data, width):
    start, test, end = sorted(data.draw(st.lists(st.floats(0, 1), min_size=3, max_size=3)))
    span = MARKS.span(start, test, end, width=width)
    assert len(span) <= width
    assert MARKS.train in span
    if test < 1 - 2 / width:
        assert MARKS.test in span


@pytest.mark.parametrize(("encoding", "is_ascii"), [("utf-8", False), ("ascii", True), ("latin-1", True)])
def test_a_stream_that_cannot_write_the_marks_gets_others(encoding, is_ascii):
    marks = Marks.of(encoding)
    assert marks.is_ascii == is_ascii
    drawn = marks.curve([0.0, 0.5, 1.0, NAN], 9) + marks.span(0, 0.5, 1, width=9) + marks.arrow + marks.dash
    assert (drawn + marks.spread).encode(encoding)
