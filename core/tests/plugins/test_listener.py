"""A plugin that hears of deliveries, in a thread of its own."""

import contextvars
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.machine import MachineKey
from newsdesk.plugins.listener import Listener


def receipt(name="m"):
    return Receipt(MachineKey("p", name), "0", "null", Status.DELIVERED)


@pytest.fixture
def errors(caplog):
    caplog.set_level(logging.ERROR)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("newsdesk.plugins.listener.PATIENCE", 0.2)


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
    listener = Listener("own", lambda told: heard.append((told.machine.name, threading.get_ident())))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: listener.tell(receipt(str(number))), range(20)))
    assert sorted(name for name, _ in heard) == sorted(map(str, range(20)))
    assert len({thread for _, thread in heard}) == 1
    assert heard[0][1] != threading.get_ident()


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_it_raises_is_logged(errors, error):
    def take(_):
        raise error

    Listener("own", take).tell(receipt())
    assert errors() == ["the plugin own failed to take a receipt"]


def test_one_that_hangs_is_left_alone_until_it_goes_on(errors, impatient):
    stuck = Stuck()
    listener = Listener("own", stuck)
    listener.tell(receipt("slow"))
    listener.tell(receipt("missed"))
    assert errors() == [
        "the plugin own has not taken a receipt within 0.2 seconds (p/slow at null); until it has, it is told of "
        "no other",
        "the plugin own is still at an earlier receipt, and is not told of p/missed at null: delivered",
    ]
    stuck.go.set()
    listener._late.result(60)
    listener.tell(receipt("next"))
    assert stuck.heard == ["slow", "next"]


def test_what_waits_behind_one_that_hangs_is_left_out_too(errors, impatient):
    stuck = Stuck()
    listener = Listener("own", stuck)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(listener.tell, receipt("slow"))
        assert stuck.begun.wait(60)
        second = pool.submit(listener.tell, receipt("behind"))
        first.result(60)
        second.result(60)
    stuck.go.set()
    listener._late.result(60)
    assert (
        "the plugin own is still at an earlier receipt, and is not told of p/behind at null: delivered"
        in errors()
    )
    assert stuck.heard == ["slow"]


def test_one_that_reports_something_itself_hears_of_that_too():
    heard = []

    def take(told):
        heard.append(told.machine.name)
        if told.machine.name == "first":
            listener.tell(receipt("second"))

    listener = Listener("own", take)
    listener.tell(receipt("first"))
    assert heard == ["first", "second"]


def test_it_knows_the_context_of_who_reports():
    span, heard = contextvars.ContextVar("span"), []
    span.set("the build")
    Listener("own", lambda _: heard.append(span.get())).tell(receipt())
    assert heard == ["the build"]


def test_it_is_told_here_while_no_thread_can_be_begun(threadless):
    heard = []
    listener = Listener("own", lambda _: heard.append(threading.current_thread()))
    listener.tell(receipt())
    assert heard == [threading.current_thread()]
    threading.stack_size(0)
    listener.tell(receipt())
    assert heard[1] != heard[0]
