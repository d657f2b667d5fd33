"""What is owed is sent: one after the other, the bad ones apart, and within its time."""

import dataclasses
import logging
import threading
import time

import pytest
from newsdesk.contract.answer import PATIENCE, Answer
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.exceptions import (
    PermanentReporterError,
    ReporterException,
    TransientReporterError,
    UnresolvedReferenceError,
)
from newsdesk.future import Future
from newsdesk.machine import Machine
from newsdesk.outbox import Bounds, Outbox, OutboxError, State
from newsdesk.outbox.sender import Sender

from core.tests.outbox.kinds import refuse_writes, tamper

EVER = float("inf")
DOWN = TransientReporterError("down")
REFUSED = PermanentReporterError("refused")


def machine(name, revision=0):
    return Machine(name=name, project_name="p", metadata={"n": revision})


class Backend:
    """A backend that answers as its list says, by machine; what is not on it is delivered."""

    def __init__(self, answers=None):
        self.answers = answers or {}
        self.asked = []

    def __call__(self, label, machine, until):
        self.asked.append(machine.name)
        error = self.answers.get(machine.name)
        if isinstance(error, BaseException) and not isinstance(error, Exception):
            raise error
        status = Status.DELIVERED if error is None else Status.FAILED
        return Answer(Receipt(machine.key, machine.revision, label, status, error=error))


# A store over a network gives times in whole seconds.
of_fine_clocks = pytest.mark.parametrize("kind", ["sqlite", "memory"], indirect=True)
of_sqlite = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def put(outbox, *names, label="a"):
    for name in names:
        outbox.put(label, machine(name))


def send(outbox, backend, labels=("a",), *, until=EVER, deadline=60.0, **others):
    sent = Sender(outbox, backend, deadline=deadline).send(labels, until=until, **others)
    return [(receipt.machine.name, str(receipt.status)) for receipt in sent]


def left(outbox):
    return {entry.key.name: str(entry.state) for entry in outbox.entries()}


def test_everything_is_sent_in_the_order_in_which_it_came(outbox):
    put(outbox, *"xyz")
    assert send(outbox, Backend()) == [("x", "delivered"), ("y", "delivered"), ("z", "delivered")]
    assert left(outbox) == {}


def test_only_the_reporters_that_are_asked_for_are_sent_to(outbox):
    put(outbox, "x")
    put(outbox, "y", label="b")
    assert send(outbox, Backend(), ["b"]) == [("y", "delivered")]
    assert left(outbox) == {"x": "owed"}


def test_what_fails_for_now_is_owed_again_and_tried_once_in_a_run(outbox):
    put(outbox, "x", "y")
    backend = Backend({"x": DOWN})
    assert send(outbox, backend) == [("x", "spooled"), ("y", "delivered")]
    [entry] = outbox.entries()
    assert (entry.attempts, entry.error) == (1, "TransientReporterError: down")


@pytest.mark.parametrize("error", [REFUSED, ReporterException("?"), KeyError("a bug")])
def test_what_fails_for_good_is_dead_with_the_error(outbox, error):
    put(outbox, "x", "y")
    assert send(outbox, Backend({"x": error})) == [("x", "failed"), ("y", "delivered")]
    [entry] = outbox.entries(State.DEAD)
    assert entry.error == f"{type(error).__name__}: {error}"


def test_out_of_attempts_is_told_as_failed(new_outbox):
    with new_outbox(Bounds(attempts=2)) as outbox:
        put(outbox, "x")
        assert send(outbox, Backend({"x": DOWN})) == [("x", "spooled")]
        assert send(outbox, Backend({"x": DOWN})) == [("x", "failed")]
        assert left(outbox) == {"x": "dead"}


def test_a_backend_that_is_down_is_left_alone_after_some_failures_and_the_others_are_not(outbox):
    put(outbox, *"12345")
    put(outbox, *"67", label="b")
    backend = Backend(dict.fromkeys("12345", DOWN))
    assert len(send(outbox, backend, ["a", "b"])) == PATIENCE + 2
    assert set(backend.asked) >= set("67")
    assert sum(count for (label, _), count in outbox.counts().items() if label == "a") == 5


def test_one_success_gives_a_backend_all_its_chances_again(outbox):
    names = "ddgddgdd"
    for number, name in enumerate(names):
        put(outbox, f"{number}{name}")
    backend = Backend({f"{number}{name}": DOWN for number, name in enumerate(names) if name == "d"})
    assert len(send(outbox, backend)) == len(names)


@pytest.mark.parametrize("count", [PATIENCE, PATIENCE + 5])
def test_any_number_of_bad_entries_at_the_head_stops_none_behind_them(outbox, count):
    bad = [f"bad{n}" for n in range(count)]
    put(outbox, *bad, "good")
    assert send(outbox, Backend(dict.fromkeys(bad, REFUSED)))[-1] == ("good", "delivered")


def test_damaged_records_at_the_head_stop_none_behind_them_and_are_dead(outbox):
    bad = [f"bad{n}" for n in range(PATIENCE + 1)]
    put(outbox, *bad, "good")
    for entry in outbox.entries():
        if entry.key.name in bad:
            tamper(outbox, entry, lambda record: record.replace(b"{", b"\0"))
    backend = Backend()
    assert send(outbox, backend) == [*((name, "failed") for name in bad), ("good", "delivered")]
    assert backend.asked == ["good"]
    assert left(outbox) == dict.fromkeys(bad, "dead")


def test_those_that_always_fail_do_not_keep_the_others_from_their_turn(outbox):
    """Those at the head fail as if the backend were down, so the first run ends there; the next begins behind them."""
    bad = [f"bad{n}" for n in range(PATIENCE)]
    put(outbox, *bad, "good")
    backend = Backend(dict.fromkeys(bad, DOWN))
    assert ("good", "delivered") not in send(outbox, backend)
    assert send(outbox, backend)[0] == ("good", "delivered")


def test_a_definition_that_does_not_resolve_costs_no_entry_an_attempt(outbox):
    put(outbox, *"xyz")
    backend = Backend(dict.fromkeys("xyz", UnresolvedReferenceError("no PASSWORD")))
    assert send(outbox, backend) == [("x", "spooled")]
    assert [entry.attempts for entry in outbox.entries(State.OWED)] == [0, 0, 0]


def test_no_delivery_is_begun_when_the_time_is_over(outbox):
    put(outbox, "x")
    backend = Backend()
    assert send(outbox, backend, until=time.monotonic()) == []
    assert backend.asked == []


def test_a_delivery_lasts_no_longer_than_its_own_deadline_and_than_the_whole(outbox):
    put(outbox, "x")
    given = []

    def deliver(label, machine, until):
        given.append(until - time.monotonic())
        return Backend({"x": DOWN})(label, machine, until)

    send(outbox, deliver, deadline=60)
    send(outbox, deliver, deadline=60, until=time.monotonic() + 5)
    assert 50 < given[0] <= 60
    assert 0 < given[1] <= 5


def test_what_was_cut_short_by_the_end_of_the_run_had_no_fair_chance(outbox):
    put(outbox, "x")

    def hang(label, machine, until):
        time.sleep(max(0.0, until - time.monotonic()))
        return Backend({"x": DOWN})(label, machine, until)

    assert send(outbox, hang, until=time.monotonic() + 0.05) == [("x", "spooled")]
    [entry] = outbox.entries()
    assert (entry.state, entry.attempts, entry.error) == (State.OWED, 0, "TransientReporterError: down")


def test_an_interrupt_gives_the_entry_back_at_once(outbox):
    put(outbox, "x")
    with pytest.raises(KeyboardInterrupt):
        send(outbox, Backend({"x": KeyboardInterrupt()}))
    [entry] = outbox.entries()
    assert (entry.state, entry.attempts, entry.error) == (State.OWED, 0, "stopped: KeyboardInterrupt")


def test_whoever_stops_listening_loses_nothing(outbox):
    put(outbox, *"xyz")
    sent = Sender(outbox, Backend(), deadline=60).send(["a"], until=EVER)
    next(sent)
    sent.close()
    assert left(outbox) == {"y": "owed", "z": "owed"}


def test_a_limit_bounds_how_many_are_sent(outbox):
    put(outbox, *"xyz")
    assert send(outbox, Backend(), limit=2) == [("x", "delivered"), ("y", "delivered")]


def test_what_failed_a_short_while_ago_can_be_left_alone(outbox):
    put(outbox, "x")
    send(outbox, Backend({"x": DOWN}))
    assert send(outbox, Backend(), due_only=True) == []
    assert send(outbox, Backend()) == [("x", "delivered")]


def test_what_the_backend_asks_for_bounds_when_it_is_due_again(outbox):
    put(outbox, "x", "y")
    send(outbox, Backend({"x": TransientReporterError("slow down", 1000.0), "y": DOWN}))
    soon = outbox.claim(["a"], lease=60, due_by=time.time() + 990, limit=9)
    assert [entry.key.name for entry in soon] == ["y"]


@of_fine_clocks
def test_a_sender_whose_claim_expired_leaves_the_entry_to_the_next_and_says_so(outbox, caplog, monkeypatch):
    monkeypatch.setattr("newsdesk.outbox.sender.LEASE_MARGIN", 0.0)
    put(outbox, "x")
    others = []

    def late(label, machine, until):
        time.sleep(0.05)
        others.extend(outbox.claim(["a"], lease=60))
        return Backend()(label, machine, until)

    with caplog.at_level(logging.WARNING):
        assert send(outbox, late, deadline=0.01) == [("x", "delivered")]
    assert caplog.messages == [
        f"entry {others[0].id} (p/x for a) took longer than its claim, or a newer revision was delivered meanwhile: one of the "
        "two is sent again"
    ]
    assert left(outbox) == {"x": "claimed"}
    assert outbox.delivered(others[0])


@of_sqlite
def test_an_outbox_that_cannot_be_used_is_told_and_the_entry_stays(outbox):
    put(outbox, "x")
    outbox.close()
    outbox.path.write_bytes(b"x" * 8192)
    with pytest.raises(OutboxError, match="file is not a database"):
        send(outbox, Backend())


def test_senders_at_once_send_each_machine_once_and_one_at_a_time(outbox, new_outbox):
    names = [f"m{n}" for n in range(40)]
    put(outbox, *names)
    at_work, asked, lock = set(), [], threading.Lock()

    def deliver(label, machine, until):
        with lock:
            assert machine.key not in at_work
            at_work.add(machine.key)
            asked.append(machine.name)
        time.sleep(0.002)
        with lock:
            at_work.remove(machine.key)
        return Backend()(label, machine, until)

    def work(results):
        with new_outbox() as own:
            results += send(own, deliver)

    results = []
    threads = [threading.Thread(target=work, args=(results,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == sorted(names)
    assert sorted(results) == sorted((name, "delivered") for name in names)


@pytest.mark.parametrize("error", [None, DOWN, REFUSED])
def test_a_call_that_is_left_behind_keeps_its_place_until_it_is_done(outbox, error):
    """It may still write the older revision, whatever a later call of the same delivery answered."""
    put(outbox, "x")
    hung = Future()

    def deliver(label, machine, until):
        return dataclasses.replace(Backend({"x": error})(label, machine, until), running=[hung])

    send(outbox, deliver)
    [newer] = outbox.begin(["a"], [machine("x").key], lease=60)
    assert outbox.settle(machine("x", 1), newer["a"])
    assert left(outbox) == {"x": "standby"}
    hung.set_result(None)
    assert left(outbox) == {"x": "owed"}
    assert send(outbox, Backend()) == [("x", "delivered")]
    assert left(outbox) == {}


@of_sqlite
def test_one_whose_claim_was_lost_before_it_was_loaded_is_left_to_others(outbox, monkeypatch):
    put(outbox, "x", "y")
    load, lost = Outbox.load, []

    def late(self, entry):
        if entry.key.name == "x" and not lost:
            lost.append(entry)
            [newer] = outbox.begin(["a"], [entry.key], lease=60)
            outbox._database.write(lambda db: db.execute("UPDATE tickets SET expires = 0 WHERE id = 1"))
            outbox.claim([], lease=60)
            outbox.settle(machine("x", 1), newer["a"])
        return load(self, entry)

    monkeypatch.setattr(Outbox, "load", late)
    backend = Backend()
    assert send(outbox, backend) == [("y", "delivered"), ("x", "delivered")]
    assert left(outbox) == {}


def test_an_outbox_that_fails_after_a_delivery_changes_nothing_of_its_receipt(outbox, caplog):
    put(outbox, "x")
    [entry] = outbox.entries()

    def deliver(label, machine, until):
        refuse_writes(outbox)
        return Backend()(label, machine, until)

    assert next(Sender(outbox, deliver, deadline=60).send(["a"], until=EVER)).ok
    assert f"{entry} was delivered, and is sent once more when its claim expires: " in caplog.text


def test_an_interrupt_is_raised_though_the_outbox_fails(outbox):
    put(outbox, "x")

    def deliver(label, machine, until):
        refuse_writes(outbox)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(outbox, deliver)
