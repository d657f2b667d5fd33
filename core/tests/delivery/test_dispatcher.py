"""One reporter and its thread: prepared, left behind, copied, closed while it is busy, forked."""

import copy
import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from newsdesk import BaseReporter, Delivery, DeliveryFailed, Desk, Machine, Retry, TransientReporterError
from newsdesk.delivery import engine
from newsdesk.outbox import Outbox, State

MACHINE = {"name": "compressor", "project_name": "north"}
SOON = 0.5
"""Seconds, for what hangs for ever otherwise: a deadline that is sure to pass."""


class Prepares(BaseReporter):
    """Notes what it is asked, in which thread."""

    calls: ClassVar[list[tuple[str, int]]] = []

    def __init__(self, seconds=0.0, error=None):
        self.seconds, self.error = seconds, error

    def note(self, name):
        self.calls.append((name, threading.get_ident()))

    def prepare(self):
        self.note("prepare")
        time.sleep(self.seconds)
        if self.error is not None:
            raise self.error

    def open(self):
        self.note("open")

    def ping(self):
        self.note("ping")

    def holds(self, keys):
        self.note("holds")
        return set()

    def report(self, machine):
        self.note("report")


@pytest.fixture(autouse=True)
def _no_memory():
    Prepares.calls.clear()


def named(calls):
    return [name for name, _ in calls]


def test_a_reporter_is_prepared_once_in_its_own_thread_and_outside_the_deadline():
    with Desk([Prepares(seconds=2 * SOON), "null"], deadline=SOON) as desk:
        desk.report(MACHINE)
        list(desk.report_many([MACHINE, {**MACHINE, "name": "pump"}]))
    assert named(Prepares.calls) == ["prepare", "open", "report", "report", "report"]
    assert len({thread for _, thread in Prepares.calls}) == 1


@pytest.mark.parametrize("ask", [lambda desk: desk.ping(), lambda desk: desk.holds("Prepares", [])])
def test_what_asks_a_backend_prepares_its_reporter_too(ask):
    with Desk(Prepares(seconds=2 * SOON), deadline=SOON) as desk:
        ask(desk)
        desk.report(MACHINE)
    assert named(Prepares.calls).count("prepare") == 1


def test_a_preparation_that_fails_is_left_to_the_delivery(caplog):
    with caplog.at_level("DEBUG"), Desk(Prepares(error=ImportError("no mlflow"))) as desk:
        assert desk.report(MACHINE)[0].ok
    assert "the reporter Prepares is not prepared: no mlflow" in caplog.text


def test_a_preparation_that_hangs_is_left_behind_and_the_delivery_goes_on(monkeypatch):
    monkeypatch.setattr(engine, "PREPARATION", SOON)
    with Desk(Prepares(seconds=60)) as desk:
        assert desk.report(MACHINE)[0].ok
    assert named(Prepares.calls) == ["prepare", "open", "report"]


class OnlyOnce(BaseReporter):
    """Hangs, and cannot be built a second time."""

    made = 0

    def __init__(self):
        OnlyOnce.made += 1
        if OnlyOnce.made > 1:
            raise OSError("the lock is taken")

    def report(self, machine):
        threading.Event().wait()


def test_when_no_copy_of_a_hung_reporter_can_be_made_its_receipts_say_so_and_nothing_is_raised():
    OnlyOnce.made = 0
    with Desk([OnlyOnce(), "null"], deadline=SOON) as desk:
        for expected in ("did not finish before the deadline", "hung, and a new one could not be made"):
            with pytest.raises(DeliveryFailed) as caught:
                desk.report(MACHINE)
            hung, fine = caught.value.receipts
            assert expected in str(hung.error)
            assert fine.ok
        assert "the lock is taken; its __init__ must only store its arguments" in str(hung.error)


def test_no_owed_record_dies_because_no_copy_of_a_hung_reporter_can_be_made(tmp_path):
    OnlyOnce.made = 0
    with Outbox(tmp_path / "owed.db") as outbox:
        for number in range(6):
            outbox.put("OnlyOnce", Machine(name=f"m{number}"))
        with Desk(OnlyOnce(), deadline=SOON, outbox=outbox) as desk:
            assert {str(receipt.status) for receipt in desk.send_owed()} == {"spooled"}
        assert outbox.counts() == {("OnlyOnce", State.OWED): 6}


class Alone(BaseReporter):
    """Notes whether two threads were in one instance at once."""

    both = False
    go = threading.Event()

    def __init__(self):
        self.inside = 0

    def report(self, machine):
        self.inside += 1
        Alone.both |= self.inside > 1
        if machine.name == "slow":
            assert Alone.go.wait(60)
        self.inside -= 1


def test_a_reporter_that_is_busy_when_the_desk_closes_is_used_by_no_second_thread(monkeypatch):
    monkeypatch.setattr("newsdesk.delivery.engine.CLOSING", SOON)
    desk = Desk(Alone(), deadline=60)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(desk.report, {"name": "slow"})
        while not desk._engine.dispatchers["Alone"]._instance:
            time.sleep(0.01)
        time.sleep(0.1)
        desk.close()
        assert desk.report(MACHINE)[0].ok
        Alone.go.set()
        slow.exception(60)
        assert desk.report(MACHINE)[0].ok
    desk.close()
    assert not Alone.both


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_while_threads_report_leaves_no_lock_held_in_the_child():
    desk, stop = Desk("null"), threading.Event()

    def reports():
        while not stop.is_set():
            desk.report(MACHINE)
            desk.close()

    threads = [threading.Thread(target=reports) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = []
    try:
        for _ in range(60):
            pid = os.fork()
            if pid == 0:  # a child that hangs is ended by its alarm, with a signal
                import signal

                signal.alarm(20)
                os._exit(0 if desk.report(MACHINE)[0].ok else 1)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(codes) == {0}


def test_a_delivery_goes_on_when_another_thread_closes_the_desk():
    desk, begun, go = Desk(Waits()), threading.Event(), threading.Event()
    Waits.begun, Waits.go = begun, go
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(desk.report, MACHINE)
        assert begun.wait(60)
        second = pool.submit(lambda: list(desk.report_many([MACHINE, {"name": "pump"}])))
        while desk._engine.dispatchers["Waits"]._instance.worker._calls.qsize() < 1:
            time.sleep(0.01)
        closing = threading.Thread(target=desk.close)
        closing.start()
        time.sleep(0.1)
        go.set()
        assert first.result(30)[0].ok
        assert [receipt.ok for receipt in second.result(30)] == [True, True]
        closing.join(30)


class Waits(BaseReporter):
    """Waits at its first machine."""

    begun: ClassVar[threading.Event]
    go: ClassVar[threading.Event]

    def report(self, machine):
        self.begun.set()
        assert self.go.wait(60)


class Counts(BaseReporter):
    """Fails as often as it was told, then delivers under its own address."""

    def __init__(self, failures=0):
        self.failures = failures

    def report(self, machine):
        if self.failures:
            self.failures -= 1
            raise TransientReporterError("down")
        return Delivery(str(id(self)))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda desk: pickle.loads(pickle.dumps(desk))])
def test_a_copy_of_a_desk_is_a_desk_with_its_outbox_and_reporters_of_its_own(copied, tmp_path):
    reporters = [{"files": {"path": str(tmp_path)}, "spool": "always", "label": "later"}, Counts()]
    with Desk(reporters, outbox=tmp_path / "owed.db", retry=Retry(2, initial=0), deadline=7, drain=1) as desk:
        twin = copied(desk)
        with twin:
            assert twin.deadline == 7
            assert twin._engine.retry == Retry(2, initial=0)
            assert [route.label for route in twin.routes] == ["later", "Counts"]
            with pytest.raises(DeliveryFailed) as caught:
                twin.report(MACHINE)
            assert caught.value.receipts[0].status == "spooled"
            assert [receipt.reporter for receipt in twin.send_owed()] == ["later"]
            here = next(r.reference for r in desk.report_many([MACHINE]) if r.reporter == "Counts")
            there = next(r.reference for r in twin.report_many([MACHINE]) if r.reporter == "Counts")
            assert here != there


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_what_a_parent_has_taken_is_not_a_forked_childs_to_keep(tmp_path):
    with Outbox(tmp_path / "owed.db") as outbox, Desk("null", outbox=outbox) as desk:
        stream = desk.report_many([MACHINE, {"name": "pump"}])
        next(stream)
        pid = os.fork()
        if pid == 0:
            stream.close()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert list(outbox.entries()) == []
        assert [receipt.ok for receipt in stream] == [True]
