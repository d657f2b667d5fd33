"""The newest revision wins, whatever fails, hangs or is retried on the way."""

import contextlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from newsdesk import (
    BaseReporter,
    Delivery,
    DeliveryFailed,
    Desk,
    Machine,
    PermanentReporterError,
    Retry,
    TransientReporterError,
)
from newsdesk.outbox import Outbox

SOON = 0.5
"""Seconds, for what hangs for ever otherwise: a deadline that is sure to pass."""

ONCE = Retry(attempts=1)


class Backend:
    """What a reporter writes to: the last record of each machine wins."""

    def __init__(self):
        self.held, self.written, self.plans = {}, [], {}

    def plan(self, number, *acts):
        """Say what the attempts to write a revision do, one after the other, before they succeed."""
        self.plans[number] = list(acts)

    def write(self, machine):
        number = machine.metadata["number"]
        for act in [self.plans[number].pop(0)] if self.plans.get(number) else []:
            act()
        self.held[machine.name] = number
        self.written.append(number)
        return Delivery(f"revision {number}")


BACKENDS = {}


class Writes(BaseReporter):
    """Writes to the backend of a name: threads, copies and workers of one process have the same."""

    def __init__(self, backend):
        self.backend = backend

    def report(self, machine):
        return BACKENDS[self.backend].write(machine)


class WritesTogether(Writes):
    """Writes the machines of a chunk after it has looked at all of them."""

    def report_many(self, machines):
        yield from map(self._answer, list(machines))


def down():
    raise TransientReporterError("the backend is down")


def refused():
    raise PermanentReporterError("the backend refuses it")


def revision(number, name="pump", content=None):
    return Machine(
        name=name, project_name="plant", metadata={"number": number if content is None else content}
    )


@pytest.fixture
def backend(request):
    made = BACKENDS[request.node.name] = Backend()
    made.name = request.node.name
    yield made
    del BACKENDS[request.node.name]


@pytest.fixture(params=[Writes, WritesTogether])
def reporter(request, backend):
    return request.param(backend.name)


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "owed.db") as made:
        yield made


def owed(outbox):
    return [str(entry.state) for entry in outbox.entries()]


def statuses(receipts):
    return [str(receipt.status) for receipt in receipts]


@pytest.mark.parametrize("attempts", [1, 3])
def test_of_two_revisions_in_one_stream_the_second_stays_though_the_first_fails_at_first(
    attempts, reporter, backend, outbox
):
    backend.plan(1, down)
    with Desk(reporter, retry=Retry(attempts, initial=0), outbox=outbox) as desk:
        receipts = list(desk.report_many([revision(1), revision(9, "fan"), revision(2)]))
        assert statuses(receipts) == ["spooled" if attempts == 1 else "delivered", "delivered", "delivered"]
    assert backend.held == {"pump": 2, "fan": 9}
    assert owed(outbox) == []


@pytest.mark.parametrize("with_outbox", [True, False])
def test_workers_deliver_the_revisions_of_a_machine_in_their_order(with_outbox, reporter, backend, outbox):
    slow = threading.Event()
    backend.plan(1, lambda: slow.wait(0.3))
    with ThreadPoolExecutor(4) as pool, Desk(reporter, outbox=outbox if with_outbox else None) as desk:
        stream = [revision(1), revision(2), *(revision(number, f"m{number}") for number in range(3, 9))]
        receipts = list(desk.report_many(stream, pool, chunk_size=1))
    assert statuses(receipts) == ["delivered"] * 8
    assert backend.held["pump"] == 2
    assert owed(outbox) == []


def test_a_report_that_retries_is_superseded_by_a_newer_one_that_was_delivered_meanwhile(backend, outbox):
    failed, delivered = threading.Event(), threading.Event()

    def down_until_the_newer_is_there():
        failed.set()
        assert delivered.wait(60)
        down()

    backend.plan(1, down_until_the_newer_is_there, down)
    with (
        Desk(Writes(backend.name), retry=Retry(5, initial=0), outbox=outbox) as old,
        Desk(Writes(backend.name), outbox=Outbox(outbox.path)) as new,
        ThreadPoolExecutor(1) as pool,
    ):
        older = pool.submit(old.report, revision(1))
        assert failed.wait(60)
        assert statuses(new.report(revision(2))) == ["delivered"]
        delivered.set()
        [receipt] = older.result(60)
    assert (receipt.status, receipt.attempts, receipt.error) == ("superseded", 1, None)
    assert receipt.settled
    assert not receipt.ok
    assert backend.held == {"pump": 2}
    assert backend.written[-1] == 2


@pytest.mark.parametrize("ends", [lambda: None, down, refused])
def test_what_was_left_behind_and_writes_at_last_is_overwritten_by_the_newest(ends, backend, outbox):
    go = threading.Event()

    def hangs():
        assert go.wait(60)
        ends()

    backend.plan(1, hangs)
    with Desk(Writes(backend.name), outbox=outbox, deadline=SOON, retry=ONCE) as desk:
        with pytest.raises(DeliveryFailed, match="pump"):
            desk.report(revision(1))
        assert owed(outbox) == ["owed"]
        assert statuses(desk.report(revision(2))) == ["delivered"]
        assert owed(outbox) == ["standby"], "the older one may still be written"
        left = [thread for thread in threading.enumerate() if thread.name == "newsdesk Writes"]
        go.set()
        while "standby" in owed(outbox):
            left[0].join(0.05)
        assert owed(outbox) == ["owed"]
        assert statuses(desk.send_owed()) == ["delivered"]
    assert backend.held == {"pump": 2}
    assert owed(outbox) == []


def test_a_late_delivery_finds_out_and_the_newest_is_sent_along_after_it(backend, outbox):
    writes, delivered = threading.Event(), threading.Event()

    def waits():
        writes.set()
        assert delivered.wait(60)

    backend.plan(1, waits)
    with (
        Desk(Writes(backend.name), outbox=outbox) as old,
        Desk(Writes(backend.name), outbox=Outbox(outbox.path)) as new,
        ThreadPoolExecutor(1) as pool,
    ):
        older = pool.submit(old.report, revision(1))
        assert writes.wait(60)
        assert statuses(new.report(revision(2))) == ["delivered"]
        delivered.set()
        assert statuses(older.result(60)) == ["superseded"]
    assert backend.written == [2, 1, 2]
    assert owed(outbox) == []


def test_a_record_that_goes_back_to_a_former_revision_ends_there(reporter, backend, outbox):
    backend.plan(1, down)
    backend.plan(2, down)
    with Desk(reporter, retry=ONCE, outbox=outbox, drain=0) as desk:
        receipts = list(desk.report_many([revision(1), revision(2), revision(1)]))
        assert statuses(receipts) == ["spooled", "spooled", "delivered"]
        assert owed(outbox) == []
        backend.plan(3, down)
        backend.plan(1, down)
        receipts = list(desk.report_many([revision(1), revision(3), revision(1)]))
        assert statuses(receipts) == ["spooled", "spooled", "delivered"]
        assert statuses(desk.send_owed()) == []
    assert backend.held == {"pump": 1}


def test_a_sender_that_is_cut_while_it_sends_an_older_revision_does_not_win(backend, outbox):
    go = threading.Event()
    backend.plan(1, down, lambda: go.wait(60))
    with Desk(Writes(backend.name), retry=ONCE, outbox=outbox) as desk:
        with pytest.raises(DeliveryFailed):
            desk.report(revision(1))
        [cut] = desk.send_owed(deadline=SOON)
        assert cut.status == "spooled"
        assert statuses(desk.report(revision(2))) == ["delivered"]
        left = [thread for thread in threading.enumerate() if thread.name == "newsdesk Writes"]
        go.set()
        left[0].join(30)
        assert backend.written == [2, 1]
        list(desk.send_owed())
    assert backend.held == {"pump": 2}


@pytest.mark.parametrize("deadline", [float("nan"), 0, -1, "5", True])
def test_a_deadline_for_what_is_owed_is_a_number_of_seconds(deadline, outbox):
    with (
        Desk("null", outbox=outbox) as desk,
        pytest.raises(ValueError, match="the deadline must be a number"),
    ):
        desk.send_owed(deadline=deadline)


@pytest.mark.timeout(25)  # each wait for what must be kept lasts 30 s
def test_a_locked_outbox_holds_up_no_report_that_is_delivered(outbox, caplog):
    with Desk("null", outbox=outbox) as desk:
        desk.report(revision(1))
    with contextlib.closing(sqlite3.connect(outbox.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Desk(["null", "console"], outbox=Outbox(outbox.path), deadline=0.5) as desk:
            assert statuses(desk.report(revision(2))) == ["delivered", "delivered"]
            assert statuses(desk.report_many([revision(3)])) == ["delivered", "delivered"]
    assert "an older revision that is owed may replace what is delivered of plant/pump now" in caplog.text


def test_without_the_order_a_machine_is_delivered_all_the_same_and_the_log_says_so(tmp_path, caplog):
    damaged = tmp_path / "owed.db"
    damaged.write_bytes(b"no database at all, and longer than its header" * 9)
    with Desk("null", outbox=damaged) as desk:
        assert statuses(desk.report(revision(1))) == ["delivered"]
    assert "an older revision that is owed may replace what is delivered of plant/pump now" in caplog.text
