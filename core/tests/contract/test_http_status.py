"""What the status of an HTTP response means."""

import doctest
import time
from email.utils import formatdate
from http import HTTPStatus

import pytest
from newsdesk import PermanentReporterError, TransientReporterError, error_for_status
from newsdesk.contract import http_status

TRANSIENT = [408, 409, 425, 429, 500, 502, 503, 504, 507, 509, 511, 520, 529, 599]
PERMANENT = [400, 401, 403, 404, 405, 407, 410, 412, 413, 414, 415, 422, 431, 451, 499, 501, 505]
REDIRECTS = [300, 301, 302, 303, 307, 308]
FINE = [100, 101, 200, 201, 202, 204, 206, 304]


@pytest.mark.parametrize("status", TRANSIENT)
def test_these_may_pass(status):
    assert type(error_for_status(status, doing="x")) is TransientReporterError


@pytest.mark.parametrize("status", [*PERMANENT, *REDIRECTS])
def test_these_do_not(status):
    assert type(error_for_status(status, doing="x")) is PermanentReporterError


@pytest.mark.parametrize("status", FINE)
def test_these_are_no_errors(status):
    assert error_for_status(status, doing="x") is None


@pytest.mark.parametrize("status", [*TRANSIENT, *PERMANENT, *REDIRECTS])
def test_each_error_says_what_was_asked_what_came_and_what_to_do(status):
    text = str(error_for_status(status, {}, doing="writing pump-7"))
    asked, _, remedy = text.partition("; ")
    phrase = HTTPStatus(status).phrase.lower() if status in HTTPStatus.__members__.values() else None
    known = {429: " (rate limit)"}.get(status, f" ({phrase})" if phrase else "")
    assert asked == f"writing pump-7: it answers {status}{known}"
    assert remedy


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("2.5", 2.5),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("9" * 400, None),
        ("nan", None),
    ],
)
@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
def test_the_seconds_of_retry_after_are_read(name, value, seconds):
    assert error_for_status(429, {"X": "1", name: value}, doing="x").retry_after == seconds


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, 0.0])
def test_a_date_is_read_by_the_servers_own_clock(ahead):
    now = time.time() + ahead
    headers = {"Date": formatdate(now, usegmt=True), "Retry-After": formatdate(now + 30, usegmt=True)}
    assert error_for_status(503, headers, doing="x").retry_after == 30.0


def test_a_date_without_that_clock_is_read_by_ours_and_one_that_is_over_asks_for_no_pause():
    soon = error_for_status(503, {"Retry-After": formatdate(time.time() + 100, usegmt=True)}, doing="x")
    assert 90 < soon.retry_after <= 100
    over = error_for_status(503, {"Retry-After": formatdate(time.time() - 100, usegmt=True)}, doing="x")
    assert over.retry_after == 0


def test_without_headers_there_is_nothing_to_wait_for():
    assert error_for_status(503, doing="x").retry_after is None


def test_its_example_runs():
    assert doctest.testmod(http_status).failed == 0
    assert doctest.testmod(http_status).attempted
