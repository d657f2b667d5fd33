import time

import pytest
from newsdesk.outbox.backlog import Total, age, seconds_since, summed
from newsdesk.outbox.entry import State


def test_totals_are_of_each_reporter_and_state():
    owed, dead = ("b", State.OWED), ("a", State.DEAD)
    entries = [(owed, Total(1, 10, 5.0)), (dead, Total(1, 1, 7.0)), (owed, Total(1, 20, 3.0))]
    assert list(summed(entries).items()) == [(dead, Total(1, 1, 7.0)), (owed, Total(2, 30, 3.0))]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 seconds"),
        (1.2, "1 second"),
        (119, "119 seconds"),
        (121, "2 minutes"),
        (7201, "2 hours"),
        (3 * 86401, "3 days"),
    ],
)
def test_an_age_is_told_in_a_fitting_unit(seconds, told, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert age(now - seconds) == told


def test_what_comes_from_the_future_is_new():
    assert (seconds_since(time.time() + 100), age(time.time() + 100)) == (0, "0 seconds")
