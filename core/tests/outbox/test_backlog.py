import time

import pytest
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox
from newsdesk.outbox.backlog import Backlog, age, seconds_since
from newsdesk.outbox.entry import State


def test_a_backlog_has_the_counts_and_the_oldest_that_is_owed(tmp_path):
    with Outbox(tmp_path / "owed.db") as outbox:
        for name in "abc":
            outbox.put("disk", Machine(name=name))
        outbox.bury(*outbox.claim(["disk"], lease=60), error="refused")
        created = [entry.created for entry in outbox.entries(State.OWED)]
        backlog = Backlog.of(outbox)
    assert backlog.counts == {("disk", State.OWED): 2, ("disk", State.DEAD): 1}
    assert backlog.oldest == {"disk": min(created)}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 seconds"), (119, "119 seconds"), (121, "2 minutes"), (7201, "2 hours"), (3 * 86401, "3 days")],
)
def test_an_age_is_told_in_a_fitting_unit(seconds, told, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert age(now - seconds) == told


def test_what_comes_from_the_future_is_new():
    assert (seconds_since(time.time() + 100), age(time.time() + 100)) == (0, "0 seconds")
