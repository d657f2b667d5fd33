"""What a plugin does around the attempts of a reporter, and that it cannot harm them."""

import contextvars
import logging
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from newsdesk import (
    BaseReporter,
    Delivery,
    Desk,
    Machine,
    PermanentReporterError,
    Retry,
    Secret,
    TransientReporterError,
    hookimpl,
)
from newsdesk.builtin.registry import new_registry
from newsdesk.outbox import Outbox

SPAN = contextvars.ContextVar("the current span", default="none")
RETRY = Retry(attempts=3, initial=0)


def machine(name="pump"):
    return {"name": name, "project_name": "plant"}


def fleet(count):
    return [machine(f"m{number}") for number in range(count)]


class Traces:
    """A plugin that makes a span of each attempt, and notes what it hears."""

    def __init__(self, name="traces", begin=lambda attempt: None, end=lambda attempt: None):
        self.name, self.begin, self.end = name, begin, end
        self.heard, self.threads, self.ends = [], set(), threading.Semaphore(0)

    @hookimpl
    def newsdesk_attempt(self, attempt):
        self.threads.add(threading.get_ident())
        what = f"{attempt.machine.name} {attempt.number}"
        self.heard.append(f"begin {what} in {SPAN.get()}")
        self.begin(attempt)
        token = SPAN.set(f"{self.name} {what}")
        error = yield
        SPAN.reset(token)
        self.heard.append(f"end {what}: {error}")
        self.ends.release()
        self.end(attempt)

    @hookimpl
    def newsdesk_receipt(self, receipt):
        self.threads.add(threading.get_ident())
        self.heard.append(f"receipt {receipt.machine.name}: {receipt.status}")


def desk(reporter, *plugins, **options):
    registry = new_registry()
    for index, plugin in enumerate(plugins):
        registry.register(plugin, name=f"plugin{index}")
    return Desk(reporter, registry=registry, **{"retry": RETRY, **options})


class Notes(BaseReporter):
    """Notes in which span it is called, and acts."""

    def __init__(self, *acts):
        self.acts, self.spans = list(acts), []

    def report(self, machine):
        self.spans.append(f"{machine.name} in {SPAN.get()}")
        SPAN.set("the reporter's own")
        if self.acts:
            return self.acts.pop(0)()
        return None


def raises(error):
    def act():
        raise error

    return act


# Order and outcome.


def test_it_surrounds_each_attempt_and_the_receipt_comes_last():
    traces = Traces()
    reporter = Notes(raises(TransientReporterError("busy")), raises(TransientReporterError("full")))
    with desk(reporter, traces) as own:
        own.report(machine())
    assert traces.heard == [
        "begin pump 1 in none",
        "end pump 1: busy",
        "begin pump 2 in none",
        "end pump 2: full",
        "begin pump 3 in none",
        "end pump 3: None",
        "receipt pump: delivered",
    ]
    assert reporter.spans == [f"pump in traces pump {number}" for number in (1, 2, 3)]
    assert len(traces.threads) == 1
    assert SPAN.get() == "none"


def test_the_attempt_says_what_is_delivered_where():
    seen = []
    with desk({"null": {}, "label": "store"}, Traces(begin=seen.append)) as own:
        [receipt] = own.report(machine())
    [attempt] = seen
    assert (attempt.machine, attempt.revision, attempt.reporter, attempt.number) == (
        receipt.machine,
        receipt.revision,
        "store",
        1,
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermanentReporterError("no"), "no"),
        (KeyError("x"), "'x'"),
        (SystemExit(3), "it raised what ends a program, not a delivery: SystemExit: 3"),
    ],
)
def test_it_hears_whatever_the_reporter_raises(error, told):
    traces = Traces()
    with desk(Notes(raises(error)), traces) as own:
        list(own.report_many([machine()]))
    assert traces.heard[1:] == [f"end pump 1: {told}", "receipt pump: failed"]


def test_it_hears_no_secret():
    class Leaks(BaseReporter):
        def __init__(self, token: Secret) -> None:
            self.token = token

        def report(self, machine):
            raise TransientReporterError(f"refused {self.token}")

    traces = Traces()
    with desk(Leaks("hunter2hunter2"), traces) as own:
        list(own.report_many([machine()]))
    assert [text for text in traces.heard if text.startswith("end")] == [
        f"end pump {number}: refused ***" for number in (1, 2, 3)
    ]


def test_several_plugins_surround_each_other_and_the_reporter_sees_the_last_ones_span():
    first, second = Traces("first"), Traces("second")
    order = []
    for traces in (first, second):
        traces.begin = lambda _, name=traces.name: order.append(f"begin {name}")
        traces.end = lambda _, name=traces.name: order.append(f"end {name}")
    reporter = Notes()
    with desk(reporter, first, second) as own:
        own.report(machine())
    outer = order[0].partition(" ")[2]
    inner = order[1].partition(" ")[2]
    assert order == [f"begin {outer}", f"begin {inner}", f"end {inner}", f"end {outer}"]
    assert reporter.spans == [f"pump in {inner} pump 1"]


def test_what_the_outbox_owed_is_an_attempt_too(tmp_path):
    traces = Traces()
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.put("null", Machine.of(machine("owed")))
    with outbox, desk("null", traces, outbox=outbox) as own:
        list(own.send_owed())
    assert traces.heard[:2] == ["begin owed 1 in none", "end owed 1: None"]


# Many machines.


def test_each_machine_of_a_chunk_has_its_own():
    traces, reporter = Traces(), Notes()
    with desk(reporter, traces) as own:
        list(own.report_many(fleet(4)))
    assert reporter.spans == [f"m{number} in traces m{number} 1" for number in range(4)]
    assert [text for text in traces.heard if text.startswith("b")] == [
        f"begin m{number} 1 in none" for number in range(4)
    ]


class Bulk(Notes):
    """Takes machines together, and sets a context variable of its own meanwhile."""

    def report_many(self, machines):
        token = SPAN.set(f"bulk in {SPAN.get()}")
        for each in machines:
            self.spans.append(f"{each.name} in {SPAN.get()}")
            yield self.acts.pop(0)() if self.acts else None
        SPAN.reset(token)


def test_machines_that_are_taken_together_share_the_context_of_the_first():
    traces, reporter = Traces(), Bulk()
    with desk(reporter, traces) as own:
        assert all(receipt.ok for receipt in own.report_many(fleet(3)))
    assert reporter.spans == [f"m{number} in bulk in traces m0 1" for number in range(3)]
    assert [text for text in traces.heard if "receipt" not in text] == [
        text for number in range(3) for text in (f"begin m{number} 1 in none", f"end m{number} 1: None")
    ]


def test_of_machines_that_fail_together_each_was_tried_and_is_tried_again_alone():
    traces, reporter = Traces(), Bulk(raises(OSError("cut")))
    with desk(reporter, traces) as own:
        receipts = list(own.report_many(fleet(2)))
    assert [(receipt.ok, receipt.attempts) for receipt in receipts] == [(True, 2)] * 2
    assert [text for text in traces.heard if "receipt" not in text] == [
        text
        for number in range(2)
        for text in (
            f"begin m{number} 1 in none",
            f"end m{number} 1: cut",
            f"begin m{number} 2 in none",
            f"end m{number} 2: None",
        )
    ]
    assert reporter.spans[1:] == ["m0 in traces m0 2", "m1 in traces m1 2"]


def test_threads_that_work_call_it_and_processes_do_not():
    traces = Traces()
    with ThreadPoolExecutor(2) as pool, desk("null", traces) as own:
        list(own.report_many(fleet(6), pool, chunk_size=2))
    assert sorted(text for text in traces.heard if text.startswith("begin")) == [
        f"begin m{number} 1 in none" for number in range(6)
    ]
    elsewhere = Traces()
    with ProcessPoolExecutor(1) as processes, desk("null", elsewhere) as own:
        list(own.report_many(fleet(2), processes))
    assert elsewhere.heard == ["receipt m0: delivered", "receipt m1: delivered"]


# A plugin that is broken.


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("when", ["begin", "end"])
def test_whatever_it_raises_is_logged_and_harms_nobody(caplog, error, when):
    broken, traces = Traces(**{when: lambda _: raises(error)()}), Traces()
    reporter = Notes(lambda: Delivery(reference="here"))
    with desk(reporter, broken, traces) as own:
        [receipt] = own.report(machine())
    assert (receipt.status, receipt.reference, receipt.attempts) == ("delivered", "here", 1)
    assert (
        caplog.messages.count("the plugin plugin0 of registered by the program failed to take an attempt")
        == 1
    )
    assert traces.heard[1:] == ["end pump 1: None", "receipt pump: delivered"]
    assert reporter.spans == ["pump in traces pump 1"]


class Twice:
    @hookimpl
    def newsdesk_attempt(self, attempt):
        yield
        yield


class Never:
    @hookimpl
    def newsdesk_attempt(self, attempt):
        return
        yield


class Plain:
    called = 0

    @hookimpl
    def newsdesk_attempt(self):
        self.called += 1


class Other:
    @hookimpl
    def newsdesk_attempt(self, attempt):
        return "a span"


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        (Twice(), "newsdesk_attempt() must yield once, but yielded again"),
        (Other(), "newsdesk_attempt() must yield once, but returned a str"),
        (Never(), None),
        (Plain(), None),
    ],
)
def test_one_that_does_not_yield_once_is_logged_where_that_is_wrong(caplog, plugin, said):
    with caplog.at_level(logging.ERROR), desk("null", plugin) as own:
        assert own.report(machine())[0].ok
    assert [str(record.exc_info[1]) for record in caplog.records] == ([said] if said else [])
    assert getattr(plugin, "called", 1) == 1


def test_one_that_hangs_before_an_attempt_is_left_out_until_it_goes_on(caplog):
    go = threading.Event()
    traces = Traces(begin=lambda attempt: attempt.machine.name == "slow" and go.wait(60))
    reporter = Notes()
    with desk(reporter, traces, deadline=3) as own:
        assert own.report(machine("slow"))[0].ok
        assert own.report(machine("missed"))[0].ok
        go.set()
        assert traces.ends.acquire(timeout=60)
        assert own.report(machine("next"))[0].ok
    assert reporter.spans == ["slow in none", "missed in none", "next in traces next 1"]
    assert traces.heard == [
        "begin slow 1 in none",
        "end slow 1: None",
        "begin next 1 in none",
        "end next 1: None",
        "receipt next: delivered",
    ]
    hung, resumed = caplog.messages
    assert hung.startswith(
        "the plugin plugin0 of registered by the program did not take an attempt (plant/slow at Notes)"
    )
    assert resumed.endswith("has resumed; it missed 3 calls while it hung")


def test_one_that_hangs_after_an_attempt_does_not_turn_it_into_a_failure(caplog):
    go = threading.Event()
    traces = Traces(end=lambda attempt: go.wait(60))
    with desk("null", traces, deadline=3) as own:
        assert own.report(machine())[0].ok
        go.set()
    assert "did not take an attempt (plant/pump at null)" in caplog.text


def test_one_that_is_slow_while_hardly_any_time_is_left_misses_nothing():
    traces = Traces(begin=lambda _: threading.Event().wait(0.1))
    with desk("null", traces, deadline=0.2) as own:
        assert own.report(machine())[0].ok
    assert traces.heard == ["begin pump 1 in none", "end pump 1: None", "receipt pump: delivered"]


def test_one_that_reports_something_itself_is_not_called_around_that():
    traces = Traces()

    def report(_):
        with desk_of_its_own:
            desk_of_its_own.report(machine("its own"))

    traces.begin = report
    registry = new_registry()
    registry.register(traces, name="traces")
    desk_of_its_own = Desk("null", registry=registry)
    with Desk("null", registry=registry) as own:
        assert own.report(machine())[0].ok
    assert traces.heard == [
        "begin pump 1 in none",
        "receipt its own: delivered",
        "end pump 1: None",
        "receipt pump: delivered",
    ]


# Abandoned attempts.


def test_an_attempt_that_is_abandoned_ends_once_with_the_reason():
    go = threading.Event()
    traces = Traces()
    with desk(Notes(lambda: go.wait(60)), traces, deadline=0.5) as own:
        [receipt] = own.report_many([machine()])
        assert not receipt.ok
        go.set()
    [thread] = [each for each in threading.enumerate() if each.name == "newsdesk Notes"] or [None]
    if thread is not None:
        thread.join(60)
    assert traces.heard == [
        "begin pump 1 in none",
        f"end pump 1: {receipt.error}",
        "receipt pump: failed",
    ]
    assert "did not finish before the deadline" in str(receipt.error)


# Nobody listens.


def test_where_no_plugin_listens_it_costs_nothing():
    code = """
import sys, threading, newsdesk
from newsdesk.builtin.registry import new_registry

registry = new_registry()
with newsdesk.Desk("null", registry=registry) as desk:
    desk.report({"name": "pump", "project_name": "plant"})
    print([thread.name for thread in threading.enumerate()][1:])
print("newsdesk.plugins.around" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['newsdesk null']\nFalse\n"
