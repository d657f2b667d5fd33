"""A plugin that hears of deliveries, in a thread of its own."""

import contextvars
import logging
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.machine import MachineKey
from newsdesk.plugins.listener import Listener


def receipt(name="m"):
    return Receipt(MachineKey("p", name), "0", "null", Status.DELIVERED)


class Takes:
    """A plugin that takes receipts."""

    def __init__(self, name, take):
        self.listener, self.take = Listener(name), take

    def tell(self, told, within=30.0):
        return self.listener.call(told, lambda: self.take(told), within)


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("newsdesk.plugins.listener.PATIENCE", 0.2)
    monkeypatch.setattr("newsdesk.plugins.listener.GRACE", 0.1)


class Stuck:
    """Takes the receipt of the machine `slow` when it is let."""

    def __init__(self):
        self.go, self.begun, self.heard = threading.Event(), threading.Event(), []

    def __call__(self, receipt):
        self.begun.set()
        if receipt.machine.name == "slow":
            assert self.go.wait(60)
        self.heard.append(receipt.machine.name)


def test_receipts_are_taken_before_the_delivery_goes_on_and_always_in_the_same_thread():
    heard = []
    listener = Takes("own", lambda told: heard.append((told.machine.name, threading.get_ident())))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: listener.tell(receipt(str(number))), range(20)))
    assert sorted(name for name, _ in heard) == sorted(map(str, range(20)))
    assert len({thread for _, thread in heard}) == 1
    assert heard[0][1] != threading.get_ident()


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_it_raises_is_logged(warnings, error):
    def take(_):
        raise error

    Takes("own", take).tell(receipt())
    assert warnings() == ["the plugin own failed to take a receipt"]


def test_one_that_hangs_gets_no_more_until_it_goes_on_and_the_log_says_both_once(warnings, impatient):
    stuck = Stuck()
    listener = Takes("own", stuck)
    listener.tell(receipt("slow"))
    for name in ("missed", "missed too"):
        listener.tell(receipt(name))
    [hung] = warnings()
    assert re.fullmatch(
        r"the plugin own did not take a receipt \(p/slow at null\) in 0\.\d+ s; it gets no more until it has",
        hung,
    )
    stuck.go.set()
    listener.listener._late.future.result(60)
    listener.tell(receipt("next"))
    listener.tell(receipt("last"))
    assert stuck.heard == ["slow", "next", "last"]
    assert warnings() == [hung, "the plugin own has resumed; it missed 2 calls while it hung"]


def test_what_waits_behind_one_that_hangs_is_missed_too(warnings, impatient):
    stuck = Stuck()
    listener = Takes("own", stuck)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(listener.tell, receipt("slow"))
        assert stuck.begun.wait(60)
        second = pool.submit(listener.tell, receipt("behind"))
        first.result(60)
        second.result(60)
    stuck.go.set()
    listener.listener._late.future.result(60)
    listener.tell(receipt("next"))
    assert stuck.heard == ["slow", "next"]
    assert warnings()[1:] == ["the plugin own has resumed; it missed 1 calls while it hung"]


@pytest.mark.parametrize(
    ("within", "waits"), [(2.0, 2.0), (1e9, 30.0), (0.0, 0.0), (-5.0, 0.0), (None, 30.0)]
)
def test_a_delivery_waits_for_it_no_longer_than_it_has_time_itself(monkeypatch, within, waits):
    asked = []
    monkeypatch.setattr("newsdesk.future.Future.result", lambda _, seconds: asked.append(seconds))
    Takes("own", lambda _: None).tell(receipt(), *([] if within is None else [within]))
    assert asked == [waits]


def test_one_that_reports_something_itself_hears_of_that_too():
    heard = []

    def take(told):
        heard.append(told.machine.name)
        if told.machine.name == "first":
            listener.tell(receipt("second"))

    listener = Takes("own", take)
    listener.tell(receipt("first"))
    assert heard == ["first", "second"]


def test_it_knows_the_context_of_who_reports():
    span, heard = contextvars.ContextVar("span"), []
    span.set("the build")
    Takes("own", lambda _: heard.append(span.get())).tell(receipt())
    assert heard == ["the build"]


def test_it_is_told_here_while_no_thread_can_be_begun(threadless):
    heard = []
    listener = Takes("own", lambda _: heard.append(threading.current_thread()))
    listener.tell(receipt())
    assert heard == [threading.current_thread()]
    threading.stack_size(0)
    listener.tell(receipt())
    assert heard[1] != heard[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_one_that_hangs_in_the_parent_hears_what_happens_in_a_forked_child(impatient):
    stuck = Stuck()
    listener = Takes("metrics", stuck)
    listener.tell(receipt("slow"))
    pid = os.fork()
    if pid == 0:
        listener.tell(receipt("child"))
        os._exit(0 if stuck.heard == ["child"] else 1)
    assert os.waitpid(pid, 0)[1] == 0
    stuck.go.set()
