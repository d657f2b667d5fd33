"""Machines to reporters, and a receipt for each."""

import copy
import gc
import logging
import math
import pickle
import signal
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import newsdesk
import pytest
from newsdesk import (
    Alteration,
    BaseReporter,
    DefinitionError,
    Delivery,
    DeliveryFailed,
    Desk,
    Machine,
    MachineError,
    PermanentReporterError,
    ReporterException,
    Retry,
    Status,
    TransientReporterError,
)
from newsdesk.builtin.registry import new_registry
from newsdesk.contract.lifecycle import State, life_of
from newsdesk.delivery.route import Route

MACHINE = {"name": "compressor", "project_name": "north"}
QUICK = Retry(attempts=3, initial=0)
SOON = 0.5
"""Seconds, for what hangs for ever otherwise: a deadline that is sure to pass."""


class Calls(BaseReporter):
    """Does what it is told, and remembers what it was asked."""

    def __init__(self, act=None):
        self.act = act
        self.kept, self.threads, self.opened, self.closed = [], set(), 0, 0

    def open(self):
        self.opened += 1

    def close(self):
        self.closed += 1

    def report(self, machine):
        self.kept.append(machine)
        self.threads.add(threading.current_thread())
        return self.act(machine) if self.act else None


class Other(Calls):
    """One more, with a label of its own."""


def raises(error):
    def act(_machine):
        raise error

    return act


def hangs(_machine):
    threading.Event().wait()


def flaky(*errors):
    """Raise each of these once, and deliver then."""
    left = list(errors)

    def act(_machine):
        if left:
            raise left.pop(0)
        return Delivery(reference="at last")

    return act


def best_effort(reporter, label="best effort"):
    return Route(label, reporter, required=False)


def report(*reporters, machine=MACHINE, retry=QUICK, **options):
    with Desk(list(reporters), retry=retry, **options) as desk:
        return desk.report(machine)


def failures(*reporters, **options):
    with pytest.raises(DeliveryFailed) as caught:
        report(*reporters, **options)
    return caught.value


def failed(act, **options):
    """The receipt of one reporter that fails."""
    (receipt,) = failures(Calls(act), **options).receipts
    return receipt


# What a receipt tells.


def test_there_is_a_receipt_for_each_reporter_in_their_order_with_all_that_is_known():
    alteration = Alteration("metadata.x", "truncated", "250 of 300 characters")
    telling = Calls(lambda _: Delivery("run 7", [alteration]))
    first, second, third = report(telling, best_effort(Calls()), Other(lambda _: Delivery(unchanged=True)))
    machine = Machine.from_dict(MACHINE)
    for receipt, label in ((first, "Calls"), (second, "best effort"), (third, "Other")):
        assert (receipt.machine, receipt.revision) == (machine.key, machine.revision)
        assert (receipt.reporter, receipt.attempts, receipt.error) == (label, 1, None)
        assert 0 <= receipt.seconds < 60
        assert receipt.ok
    assert (first.status, first.reference, first.alterations) == (Status.DELIVERED, "run 7", (alteration,))
    assert (second.status, second.reference, second.alterations) == (Status.DELIVERED, None, ())
    assert third.status is Status.UNCHANGED
    assert [first.required, second.required, third.required] == [True, False, True]


def test_what_a_reporter_does_to_its_machine_changes_neither_that_of_others_nor_the_callers():
    def spoil(machine):
        machine.metadata.clear()
        machine.extra["more"] = "nothing"
        machine.runtime["new"] = 1

    record = {"name": "compressor", "metadata": {"scores": {"r2": 0.5}}, "more": "to know"}
    theirs = copy.deepcopy(record)
    spoils, keeps = Calls(spoil), Other()
    for machine in (Machine.from_dict(record), record):
        with Desk([spoils, keeps]) as desk:
            desk.report(machine)
            list(desk.report_many([machine, {**record, "name": "pump"}]))
        assert Machine.of(machine).to_dict() == {**Machine.from_dict(theirs).to_dict()}
    assert [machine.metadata for machine in keeps.kept] == [theirs["metadata"]] * 6
    assert record == theirs


def test_a_machine_may_be_an_object_with_to_dict():
    class Theirs:
        def to_dict(self):
            return MACHINE

    reporter = Calls()
    report(reporter, machine=Theirs())
    assert reporter.kept == [Machine.from_dict(MACHINE)]


def test_what_is_no_machine_is_told_before_anything_is_sent():
    reporter = Calls()
    with pytest.raises(MachineError, match="name: must be a non-empty string"):
        report(reporter, machine={"name": ""})
    assert reporter.kept == []


# Isolation.


class CannotBeShown(Exception):
    def __str__(self):
        raise ZeroDivisionError("in __str__")


class CannotBeChanged(Exception):
    @property
    def args(self):
        return ("fixed",)


class EndsAll(BaseException):
    pass


FAULTS = [
    pytest.param(raises(ValueError("a bug")), "a bug", id="raises"),
    pytest.param(raises(PermanentReporterError("refused")), "refused", id="permanent"),
    pytest.param(raises(TransientReporterError("down")), "down", id="transient"),
    pytest.param(
        lambda _: sys.exit(3), "it raised what ends a program, not a delivery: SystemExit: 3", id="sys.exit"
    ),
    pytest.param(
        raises(KeyboardInterrupt()),
        "it raised what ends a program, not a delivery: KeyboardInterrupt: ",
        id="KeyboardInterrupt",
    ),
    pytest.param(
        raises(EndsAll("x")), "it raised what ends a program, not a delivery: EndsAll: x", id="BaseException"
    ),
    pytest.param(
        raises(BaseExceptionGroup("several", [EndsAll("x")])),
        "it raised what ends a program, not a delivery: BaseExceptionGroup: several (1 sub-exception)",
        id="BaseExceptionGroup",
    ),
    pytest.param(raises(StopIteration("early")), "early", id="StopIteration"),
    pytest.param(raises(TimeoutError("its own")), "its own", id="TimeoutError"),
    pytest.param(
        raises(CannotBeShown()),
        "a CannotBeShown that cannot be shown: ZeroDivisionError",
        id="an error whose text fails",
    ),
    pytest.param(
        raises(CannotBeChanged()),
        "a CannotBeChanged that cannot be shown: AttributeError",
        id="an error that cannot be masked",
    ),
    pytest.param(
        lambda _: "rubbish",
        "Calls.report() must return None or a newsdesk.Delivery, but returned a str",
        id="returns rubbish",
    ),
    pytest.param(
        lambda _: Delivery(reference=7),
        "Calls.report() must return a Delivery with a string as reference, but returned a int",
        id="a reference that is rubbish",
    ),
    pytest.param(
        lambda _: Delivery(alterations=["x"]),
        "Calls.report() must return newsdesk.Alteration records as alterations, but returned a str",
        id="alterations that are rubbish",
    ),
    pytest.param(
        lambda _: Delivery(alterations=7), "'int' object is not iterable", id="alterations that are no list"
    ),
    pytest.param(
        hangs,
        "the reporter 'Calls' did not finish before the deadline; it may still complete. Check its backend, or "
        "raise the deadline",
        id="hangs",
    ),
]


@pytest.mark.parametrize(("act", "message"), FAULTS)
def test_a_reporter_that_fails_in_whatever_way_keeps_no_other_from_delivering(act, message):
    before, after = Other(), Other()
    failure = failures(before, Calls(act), after, deadline=SOON if act is hangs else 60)
    assert [receipt.status for receipt in failure.receipts] == ["delivered", "failed", "delivered"]
    assert str(failure.receipts[1].error) == message
    assert len(before.kept) == len(after.kept) == 1


@pytest.mark.parametrize(("act", "message"), FAULTS)
def test_a_reporter_that_fails_in_a_stream_keeps_no_other_from_delivering(act, message):
    other = Other()
    machines = [{**MACHINE, "name": f"m{number}"} for number in range(2)]
    with Desk([Calls(act), other], retry=QUICK, deadline=SOON if act is hangs else 60) as desk:
        receipts = list(desk.report_many(machines))
    assert [r.status for r in receipts if r.reporter == "Calls"] == ["failed", "failed"]
    assert {str(r.error) for r in receipts if r.reporter == "Calls"} == {message}
    assert [r.status for r in receipts if r.reporter == "Other"] == ["delivered", "delivered"]
    assert [machine.name for machine in other.kept] == ["m0", "m1"]


def test_an_exception_that_is_no_error_of_ours_is_a_bug_and_is_given_as_it_is():
    error = ValueError("a bug")
    assert failed(raises(error)).error is error


def test_a_reporter_that_fails_to_open_fails_alone():
    class Unreachable(Calls):
        def open(self):
            raise PermanentReporterError("no such host")

    other = Other()
    failure = failures(Unreachable(), other)
    assert str(failure.receipts[0].error) == "no such host"
    assert len(other.kept) == 1


def test_reporters_work_at_the_same_time():
    together = threading.Barrier(2)

    def meet(_machine):
        together.wait(30)

    assert all(receipt.ok for receipt in report(Calls(meet), Other(meet)))


# Required and best effort.


def test_a_best_effort_that_fails_is_on_its_receipt_and_raises_nothing():
    first, second = report(best_effort(Calls(raises(PermanentReporterError("no")))), Calls())
    assert (first.status, first.required, str(first.error)) == ("failed", False, "no")
    assert second.ok


def test_when_a_required_one_fails_every_failure_and_every_receipt_is_told():
    failure = failures(
        Other(),
        Calls(raises(PermanentReporterError("required"))),
        best_effort(Calls(raises(ValueError("best effort")))),
    )
    assert [(type(error), str(error)) for error in failure.exceptions] == [
        (PermanentReporterError, "required"),
        (ValueError, "best effort"),
    ]
    assert [receipt.reporter for receipt in failure.receipts] == ["Other", "Calls", "best effort"]
    assert failure.message == (
        "2 of 3 deliveries failed: north/compressor at Calls, north/compressor at best effort"
    )


def test_failures_are_taken_apart_with_except_star():
    seen = []
    try:
        report(Calls(raises(PermanentReporterError("no"))), Other(raises(KeyError("bug"))))
    except* PermanentReporterError as group:
        seen += group.exceptions
    except* KeyError as group:
        seen += group.exceptions
    assert list(map(repr, seen)) == ["PermanentReporterError('no')", "KeyError('bug')"]


def test_a_failed_report_is_an_error_of_newsdesk():
    with pytest.raises(ReporterException):
        report(Calls(raises(ValueError("x"))))


def test_receipts_and_failures_can_be_pickled():
    error = TransientReporterError("down", retry_after=7)
    failure = failures(Calls(raises(error)), Other(lambda _: Delivery("there")), retry=Retry(attempts=1))
    copy = pickle.loads(pickle.dumps(failure))
    assert [receipt.to_dict() for receipt in copy.receipts] == [r.to_dict() for r in failure.receipts]
    assert (str(copy), copy.exceptions[0].retry_after) == (str(failure), 7)
    assert copy.receipts[0].error is copy.exceptions[0]


# Retries, and the deadline.


def test_an_outage_is_tried_again_until_it_is_over():
    (receipt,) = report(Calls(flaky(TransientReporterError("down"), TransientReporterError("down"))))
    assert (receipt.status, receipt.attempts, receipt.reference) == ("delivered", 3, "at last")


def test_what_stays_down_fails_with_its_last_error_and_the_number_of_attempts():
    receipt = failed(raises(TransientReporterError("down")))
    assert (receipt.attempts, str(receipt.error)) == (3, "down")


@pytest.mark.parametrize("error", [PermanentReporterError("no"), ValueError("a bug"), SystemExit(1)])
def test_what_another_try_does_not_mend_is_tried_once(error):
    assert failed(raises(error)).attempts == 1


def test_what_the_backend_asks_to_wait_is_waited():
    (receipt,) = report(
        Calls(flaky(TransientReporterError("busy", retry_after=0.2))), retry=Retry(initial=0, attempts=2)
    )
    assert receipt.attempts == 2
    assert receipt.seconds >= 0.2


def test_there_is_no_other_attempt_when_the_wait_would_outlast_the_deadline():
    receipt = failed(raises(TransientReporterError("busy", retry_after=3600)), deadline=600)
    assert (receipt.attempts, str(receipt.error)) == (1, "busy")


def test_one_deadline_bounds_all_reporters_of_a_machine():
    started = time.monotonic()
    failure = failures(*(Calls(hangs) for _ in range(6)), deadline=SOON)
    assert time.monotonic() - started < 6 * SOON + 20  # one after the other they would also close, 5 s each
    assert [receipt.attempts for receipt in failure.receipts] == [1] * 6
    assert all(isinstance(receipt.error, TransientReporterError) for receipt in failure.receipts)


def test_after_one_hung_the_desk_goes_on_with_a_fresh_reporter_and_a_fresh_thread():
    hung = []

    class Hangs(BaseReporter):
        def __init__(self, word):
            self.word = word

        def report(self, machine):
            hung.append((self, self.word, threading.current_thread()))
            if len(hung) == 1:
                threading.Event().wait()

    with Desk(Hangs("kept"), deadline=SOON) as desk:
        with pytest.raises(DeliveryFailed):
            desk.report(MACHINE)
        assert desk.report(MACHINE)[0].ok
    (first, word, thread), (second, again, other) = hung
    assert first is not second
    assert word == again == "kept"
    assert thread is not other


@pytest.mark.parametrize("deadline", [0, -1, math.nan, True, "60", None])
def test_a_deadline_that_makes_no_sense_is_refused(deadline):
    with pytest.raises(DefinitionError) as caught:
        Desk([], deadline=deadline)
    assert str(caught.value) == f"the deadline must be a number of seconds above 0, but is {deadline!r}"


@pytest.mark.parametrize("deadline", [math.inf, 1e300, 10**400])
def test_a_deadline_may_be_as_long_as_one_likes(deadline):
    assert report(Calls(), deadline=deadline)[0].ok


# Life.


def test_a_reporter_is_opened_once_works_in_one_thread_and_is_closed_at_the_end():
    reporter = Calls()
    with Desk(reporter) as desk:
        for _ in range(3):
            desk.report(MACHINE)
        assert (reporter.opened, reporter.closed) == (1, 0)
    assert (reporter.opened, reporter.closed, len(reporter.threads)) == (1, 1, 1)
    assert life_of(reporter).state is State.CLOSED


def test_a_reporter_that_came_open_is_its_owners_to_close():
    with Calls() as reporter:
        assert report(reporter)[0].ok
        assert (reporter.opened, reporter.closed) == (1, 0)
    assert reporter.closed == 1


def test_a_desk_can_be_used_again_after_it_was_closed():
    reporter = Calls()
    desk = Desk(reporter)
    desk.report(MACHINE)
    desk.close()
    assert desk.report(MACHINE)[0].ok
    desk.close()
    assert (reporter.opened, reporter.closed) == (2, 2)


def test_a_reporter_that_does_not_close_is_logged_and_harms_nobody(caplog):
    class Sticks(Calls):
        def close(self):
            raise OSError("still busy")

    other = Other()
    report(Sticks(), other)
    assert other.closed == 1
    assert caplog.messages == ["the reporter Sticks did not close: still busy"]


def test_a_reporter_that_hangs_while_it_closes_is_left_behind(monkeypatch, caplog):
    monkeypatch.setattr("newsdesk.delivery.engine.CLOSING", SOON)
    hung = []

    class Sticks(Calls):
        def close(self):
            if not hung:
                hung.append(self)
                threading.Event().wait()

    desk = Desk(Sticks())
    desk.report(MACHINE)
    desk.close()
    assert "the reporter Sticks did not close: the reporter 'Sticks' did not finish" in caplog.text
    assert desk.report(MACHINE)[0].ok
    desk.close()


def test_closing_ends_the_pauses_of_those_who_still_try():
    tried = threading.Event()

    def busy(_machine):
        tried.set()
        raise TransientReporterError("busy", retry_after=600)

    desk = Desk(Calls(busy), deadline=900)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(desk.report, MACHINE)
        assert tried.wait(30)
        desk.close()
        (receipt,) = future.exception(30).receipts
    assert (receipt.attempts, str(receipt.error)) == (1, "busy")


def test_ctrl_c_ends_a_report_at_once_and_leaves_behind_what_hangs():
    begun = threading.Event()

    def hang(_machine):
        begun.set()
        threading.Event().wait()

    def interrupt():
        begun.wait(30)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        report(Calls(hang), deadline=600)
    assert time.monotonic() - started < 300


# Many.


def test_many_threads_may_share_a_desk():
    reporter, other = Calls(), Other(raises(PermanentReporterError("no")))
    machines = [{**MACHINE, "name": f"m{number}"} for number in range(200)]
    with Desk([reporter, best_effort(other)]) as desk, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(desk.report, machines))
    assert [receipts[0].machine.name for receipts in answers] == [f"m{number}" for number in range(200)]
    assert all(receipts[0].ok and not receipts[1].ok for receipts in answers)
    assert sorted(machine.name for machine in reporter.kept) == sorted(m["name"] for m in machines)
    assert (reporter.opened, reporter.closed, len(reporter.threads)) == (1, 1, 1)


def test_a_machine_whose_turn_did_not_come_before_its_deadline_is_never_begun():
    begun, go = threading.Event(), threading.Event()

    def slow(_machine):
        begun.set()
        go.wait(60)

    reporter = Calls(slow)
    with Desk(reporter, deadline=60) as slow_desk, ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow_desk.report, MACHINE)
        assert begun.wait(30)
        slow_desk._engine.deadline = SOON
        with pytest.raises(DeliveryFailed) as caught:
            slow_desk.report({**MACHINE, "name": "second"})
        go.set()
        assert first.result(30)[0].ok
    (receipt,) = caught.value.receipts
    assert receipt.attempts == 0
    assert isinstance(receipt.error, TransientReporterError)
    assert str(receipt.error) == (
        "the reporter 'Calls' was busy with other machines until the deadline, so this one was not started. "
        "Raise the deadline, or use fewer threads"
    )
    assert [machine.name for machine in reporter.kept] == ["compressor"]


class Streamed:
    """A machine of somebody else's that tells how many there are."""

    alive: ClassVar = weakref.WeakSet()

    def __init__(self, number):
        self.number = number
        self.alive.add(self)

    def to_dict(self):
        return {**MACHINE, "name": f"m{self.number}"}


class Keeps(BaseReporter):
    """Delivers, or fails, and keeps nothing."""

    def __init__(self, error=None):
        self.error = error

    def report(self, machine):
        if self.error is not None:
            raise self.error(f"not {machine.name}")


@pytest.mark.parametrize("error", [None, PermanentReporterError, TransientReporterError, ValueError])
def test_any_number_of_machines_streams_through_and_few_are_held_whether_they_fail_or_not(error):
    most = 0

    def stream():
        nonlocal most
        for number in range(200):
            yield Streamed(number)
            most = max(most, len(Streamed.alive))

    gc.collect()
    gc.disable()  # what only the collector frees is held
    try:
        with Desk(Keeps(error), retry=Retry(attempts=2, initial=0)) as desk:
            receipts = list(desk.report_many(stream(), chunk_size=5))
    finally:
        gc.enable()
    assert [receipt.machine.name for receipt in receipts] == [f"m{number}" for number in range(200)]
    assert all(receipt.ok == (error is None) for receipt in receipts)
    assert most <= 4 * 5


def test_receipts_come_while_machines_are_still_being_made():
    made = []

    def stream():
        for number in range(10):
            made.append(number)
            yield {**MACHINE, "name": f"m{number}"}

    with Desk(Calls()) as desk:
        first = next(desk.report_many(stream(), chunk_size=2))
    assert first.machine.name == "m0"
    assert len(made) < 10


def test_one_that_is_no_machine_ends_a_stream_after_those_before_it():
    reporter = Calls()
    with Desk(reporter) as desk, pytest.raises(MachineError, match="is not a machine"):
        list(desk.report_many([MACHINE, 7], chunk_size=1))
    assert len(reporter.kept) == 1


# A reporter's own report_many.


class Together(Calls):
    """Answers many at once, as its `answers` say."""

    answers = None

    def report_many(self, machines):
        yield from self.answers(list(machines))


def stream(reporter, count=3, retry=QUICK):
    machines = [{**MACHINE, "name": f"m{number}"} for number in range(count)]
    with Desk(reporter, retry=retry) as desk:
        return list(desk.report_many(machines))


def test_a_bulk_path_answers_each_machine_by_itself():
    class Bulk(Together):
        def answers(self, machines):
            yield Delivery("first")
            yield PermanentReporterError("second")
            yield None

    reporter = Bulk()
    assert [(r.status, r.reference, r.attempts) for r in stream(reporter)] == [
        ("delivered", "first", 1),
        ("failed", None, 1),
        ("delivered", None, 1),
    ]
    assert reporter.kept == []


def test_what_a_bulk_path_calls_worth_another_try_is_tried_again_by_itself():
    class Bulk(Together):
        def answers(self, machines):
            yield TransientReporterError("lost a race")
            yield None
            yield None

    reporter = Bulk()
    assert [(r.status, r.attempts) for r in stream(reporter)] == [
        ("delivered", 2),
        ("delivered", 1),
        ("delivered", 1),
    ]
    assert [machine.name for machine in reporter.kept] == ["m0"]


def test_of_many_machines_too_each_waits_as_long_as_its_backend_asks():
    class Bulk(Together):
        def answers(self, machines):
            yield TransientReporterError("busy", retry_after=3600)
            yield None
            yield TransientReporterError("busy", retry_after=0)

    reporter = Bulk()
    assert [(r.status, r.attempts) for r in stream(reporter)] == [
        ("failed", 1),  # that is after its deadline
        ("delivered", 1),
        ("delivered", 2),
    ]
    assert [machine.name for machine in reporter.kept] == ["m2"]


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(1)])
@pytest.mark.parametrize("attempts", [1, 3])
def test_when_a_bulk_path_breaks_down_the_rest_is_delivered_one_by_one(error, attempts):
    class Bulk(Together):
        def answers(self, machines):
            yield None
            raise error

    reporter = Bulk()
    assert [(r.status, r.attempts) for r in stream(reporter, retry=Retry(attempts, initial=0))] == [
        ("delivered", 1),
        ("delivered", 2),
        ("delivered", 2),
    ]
    assert [machine.name for machine in reporter.kept] == ["m1", "m2"]


def test_a_bulk_path_that_gives_too_few_answers_or_too_many_harms_nobody():
    class Few(Together):
        def answers(self, machines):
            yield None

    class Many(Together):
        def answers(self, machines):
            yield from [None] * 9

    few = Few()
    assert [receipt.ok for receipt in stream(few)] == [True] * 3
    assert [machine.name for machine in few.kept] == ["m1", "m2"]
    assert [receipt.ok for receipt in stream(Many())] == [True] * 3


# Listeners.


class Listener:
    def __init__(self, act=lambda receipt: None):
        self.heard, self.act = [], act

    @newsdesk.hookimpl
    def newsdesk_receipt(self, receipt):
        self.heard.append(receipt)
        self.act(receipt)


def test_who_listens_hears_of_each_receipt_good_or_bad(registry):
    listener = Listener()
    registry.register(listener, name="metrics")
    failure = failures(Calls(), Other(raises(ValueError("x"))), registry=registry)
    assert listener.heard == list(failure.receipts)


def test_a_listener_that_fails_is_logged_and_harms_nobody(registry, caplog):
    broken, listener = Listener(raises(OSError("no metrics"))), Listener()
    registry.register(broken, name="broken metrics")
    registry.register(listener, name="metrics")
    assert report(Calls(), registry=registry)[0].ok
    assert len(broken.heard) == len(listener.heard) == 1
    assert "failed to take a receipt" in caplog.text
    assert "no metrics" in caplog.text


def test_a_desk_loads_the_plugins_that_it_is_told_for_their_hooks(distribution, tmp_path):
    distribution(
        "acme",
        {
            "acme_metrics": f"""
                import pathlib
                from newsdesk import hookimpl

                @hookimpl
                def newsdesk_receipt(receipt):
                    pathlib.Path({str(tmp_path / "heard")!r}).write_text(str(receipt.machine))
            """
        },
        entries={"acme": "acme_metrics"},
    )
    registry = new_registry()
    report(Calls(), registry=registry)
    assert not (tmp_path / "heard").exists()
    report(Calls(), registry=registry, plugins=["acme"])
    assert (tmp_path / "heard").read_text() == "north/compressor"


def test_a_plugin_that_is_not_there_is_refused():
    with pytest.raises(DefinitionError, match="no plugin 'metrics' is installed"):
        Desk([], plugins=["metrics"])


# newsdesk.report


def test_a_machine_goes_to_its_own_reporters(tmp_path):
    machine = {**MACHINE, "runtime": {"reporters": [{"files": {"path": str(tmp_path)}}, "null"]}}
    files, null = newsdesk.report(machine)
    assert (files.reporter, files.status) == ("files", "delivered")
    assert Machine.from_json((tmp_path / "north" / "compressor.json").read_bytes()).name == "compressor"
    assert (null.reporter, null.status) == ("null", "delivered")


@pytest.mark.parametrize("entries", ["null", {"null": {}}])
def test_a_machines_one_reporter_needs_no_list(entries):
    (receipt,) = newsdesk.report({**MACHINE, "runtime": {"reporters": entries}})
    assert receipt.reporter == "null"


def test_reporters_that_are_given_replace_the_machines_own():
    machine = {**MACHINE, "runtime": {"reporters": ["no such reporter"]}}
    assert [receipt.reporter for receipt in newsdesk.report(machine, ["null"])] == ["null"]


@pytest.mark.parametrize("runtime", [{}, {"reporters": None}, {"reporters": []}])
def test_a_machine_without_reporters_is_reported_to_nobody_and_that_is_said(runtime, caplog):
    assert newsdesk.report({**MACHINE, "runtime": runtime}) == []
    assert caplog.messages == [
        "north/compressor has no runtime.reporters and none were given, so it is not reported"
    ]


def test_the_reporters_of_one_report_are_closed_after_it_also_when_it_failed():
    reporter = Calls(raises(ValueError("x")))
    with pytest.raises(DeliveryFailed):
        newsdesk.report(MACHINE, reporter)
    assert (reporter.opened, reporter.closed) == (1, 1)


def test_each_delivery_is_logged_good_ones_quietly(caplog):
    caplog.set_level(logging.INFO, "newsdesk")
    failures(Calls(), Other(raises(PermanentReporterError("no"))))
    (good, bad) = caplog.records
    assert (good.levelname, bad.levelname) == ("INFO", "WARNING")
    assert good.getMessage().startswith("north/compressor at Calls: delivered, 1 attempts, 0.")
    assert bad.getMessage().endswith(" s: PermanentReporterError: no")


# Pinging.


def test_every_backend_is_asked_whether_it_is_there():
    class Deaf(Calls):
        def ping(self):
            raise PermanentReporterError("no route to host")

    with Desk([Calls(), Deaf()]) as desk:
        (first, fine), (second, error) = desk.ping()
    assert (first.label, fine) == ("Calls", None)
    assert (second.label, str(error)) == ("Deaf", "no route to host")


def test_a_backend_that_does_not_answer_a_ping_is_left_behind():
    class Hangs(Calls):
        def ping(self):
            threading.Event().wait()

    with Desk([Hangs(), Calls()], deadline=SOON) as desk:
        (_, error), (_, fine) = desk.ping()
        assert "the reporter 'Hangs' did not finish" in str(error)
        assert fine is None
        assert all(receipt.ok for receipt in desk.report(MACHINE))


class Refused(BaseReporter):
    """Is refused, the first time after a while."""

    def open(self):
        time.sleep(1)

    def report(self, machine):
        raise TransientReporterError("connection refused", retry_after=3.5)


def test_of_many_machines_too_none_is_tried_again_after_its_deadline():
    with Desk(Refused(), deadline=4) as desk:
        (receipt,) = desk.report_many([{"name": "a"}])
    # Else it would be said that it had not answered: not why.
    assert str(receipt.error) == "connection refused"
