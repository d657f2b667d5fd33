"""A reporter can ask how much of its deadline is left."""

import doctest
import time
from math import inf
from typing import ClassVar

import pytest
from newsdesk import BaseReporter, DeliveryFailed, Desk, Retry, TransientReporterError, remaining_seconds
from newsdesk.contract import deadline
from newsdesk.outbox import Outbox

MACHINE = {"name": "pump-7"}


class Asks(BaseReporter):
    """Notes how much time it has, each time that it is called."""

    seen: ClassVar[list[tuple[str, float]]] = []

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails

    def note(self, name):
        self.seen.append((name, remaining_seconds(at_most=1000)))

    def open(self):
        self.note("open")

    def close(self):
        self.note("close")

    def ping(self):
        self.note("ping")

    def holds(self, keys):
        self.note("holds")
        return set()

    def report(self, machine):
        self.note("report")
        if self.fails:
            self.fails -= 1
            raise TransientReporterError("not now")


class Bulk(Asks):
    def report_many(self, machines):
        for _ in machines:
            self.note("report_many")
            yield None


@pytest.fixture(autouse=True)
def _no_memory():
    Asks.seen.clear()


def names():
    return [name for name, _ in Asks.seen]


def test_what_a_desk_calls_has_what_is_left_of_its_deadline():
    with Desk([Asks(fails=1)], deadline=20, retry=Retry(initial=0.001)) as desk:
        desk.report(MACHINE)
        desk.ping()
        desk.holds("Asks", [])
        assert all(15 < seconds <= 20 for _, seconds in Asks.seen)
        assert names() == ["open", "report", "report", "ping", "holds"]
    assert names()[-1] == "close"
    assert Asks.seen[-1][1] < 1000


def test_an_attempt_that_comes_later_has_less():
    with Desk([Asks(fails=2)], deadline=20, retry=Retry(initial=0.02, attempts=3)) as desk:
        desk.report(MACHINE)
    times = [seconds for name, seconds in Asks.seen if name == "report"]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 3


def test_of_many_machines_each_has_the_whole_deadline():
    with Desk([Bulk()], deadline=20) as desk:
        assert all(receipt.ok for receipt in desk.report_many([{"name": f"m{n}"} for n in range(5)]))
    assert names().count("report_many") == 5
    assert all(15 < seconds <= 20 for name, seconds in Asks.seen if name != "close")


def test_what_is_sent_from_an_outbox_has_the_deadline_of_the_sending(tmp_path):
    with Desk([Asks(fails=1)], deadline=20, retry=Retry(attempts=1), outbox=Outbox(tmp_path / "o")) as desk:
        with pytest.raises(DeliveryFailed):
            desk.report(MACHINE)
        Asks.seen.clear()
        assert [str(receipt.status) for receipt in desk.send_owed(deadline=10)] == ["delivered"]
        assert all(5 < seconds <= 10 for _, seconds in Asks.seen)


def test_outside_of_a_desk_it_is_what_was_asked_for():
    assert remaining_seconds(30) == 30
    assert remaining_seconds(at_most=inf) == inf
    Asks().report(MACHINE)
    assert Asks.seen == [("open", 1000), ("report", 1000)]


def test_it_is_a_valid_timeout_also_when_the_time_is_over():
    with deadline.until(lambda: time.monotonic() - 5):
        assert remaining_seconds(30) == 0.1
    assert remaining_seconds(30) == 30


def test_its_example_runs():
    found = doctest.testmod(deadline)
    assert (found.failed, found.attempted) == (0, 2)
