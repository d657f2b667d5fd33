"""Numbers and dates as a record writes them."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import record
from newsdesk.machine import Machine

GORDO = "%Y-%m-%d %H:%M:%S.%f+%z"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *[(0, 0.0), (-2, -2.0), (1.5, 1.5), (10**400, math.inf), (-(10**400), -math.inf)],
        *[("Infinity", math.inf), ("-Infinity", -math.inf), ("nan", None), ("1", None), ("", None)],
        *[(None, None), (True, None), ([1], None), ({"a": 1}, None)],
    ],
)
def test_a_number_is_a_json_number_or_one_of_three_texts(value, number):
    assert record.number_of(value) == number


@given(st.floats())
def test_every_float_of_a_record_is_read_back(value):
    read = record.number_of(Machine("m", dataset={"value": value}).dataset["value"])
    assert read is not None
    assert read == value or (math.isnan(read) and math.isnan(value))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-11-22 22:28:05.997616+00:00", datetime(2026, 11, 22, 22, 28, 5, 997616, UTC)),
        ("2019-01-01 09:00:00.000000++0000", datetime(2019, 1, 1, 9, tzinfo=UTC)),
        ("2019-01-01 09:00:00.000000+-0330", datetime(2019, 1, 1, 12, 30, tzinfo=UTC)),
        ("2019-01-01 09:00:00.000000+", datetime(2019, 1, 1, 9, tzinfo=UTC)),
        ("2019-01-01T09:00:00+05:30", datetime(2019, 1, 1, 3, 30, tzinfo=UTC)),
        ("2017-12-25 06:00:00Z", datetime(2017, 12, 25, 6, tzinfo=UTC)),
        ("2019-01-01T00:00:00.123456789Z", datetime(2019, 1, 1, 0, 0, 0, 123456, UTC)),
        ("2019-01-01", datetime(2019, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_each_form_that_records_have(text, date):
    read = record.date_of(text)
    assert read == date
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "wrong", ["", "x", "+", "2019", "2019-13-01", "0001-01-01T00:00:00+14:00", "\ud800", 5, None, [], {}]
)
def test_what_is_not_a_date_is_none(wrong):
    assert record.date_of(wrong) is None


offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1900, 1, 2), datetime(9999, 12, 30), timezones=st.none() | offsets))  # noqa: DTZ001
def test_any_date_that_gordo_or_newsdesk_writes_is_read_back(date):
    expected = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    assert record.date_of(date.strftime(GORDO)) == expected
    assert record.date_of(date.isoformat()) == expected
    assert record.date_of(str(date)) == expected
