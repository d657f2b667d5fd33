"""Many machines: by threads, by processes, stopped in the middle, and flat in memory."""

import contextlib
import gc
import json
import multiprocessing
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import (
    BaseReporter,
    DefinitionError,
    Desk,
    Machine,
    MachineError,
    PermanentReporterError,
    ReporterException,
    Retry,
    Status,
    TransientReporterError,
    hookimpl,
)
from newsdesk.builtin.registry import new_registry
from newsdesk.delivery.job import SLOW, Job, chunks
from newsdesk.delivery.route import Route
from newsdesk.outbox import Outbox, State

ONCE = Retry(attempts=1)
FATAL = """
import os, pathlib
from newsdesk import Delivery, TransientReporterError
from newsdesk.builtin.files import FilesReporter

class FatalFiles(FilesReporter):
    '''Ends its process at one machine, as if the kernel had killed it; the first time only.'''

    def __init__(self, path, name, mark):
        super().__init__(path)
        self.name, self.mark = name, mark

    def report(self, machine):
        if machine.name == self.name and not pathlib.Path(self.mark).exists():
            pathlib.Path(self.mark).touch()
            os._exit(9)
        return super().report(machine)

class Strange(Exception):
    def __init__(self, one, two):
        super().__init__(one)

class Raising(FilesReporter):
    def report(self, machine):
        raise Strange("no", "way")

class Busy(TransientReporterError):
    def __init__(self, one, two, three):
        super().__init__(one)

class Overloaded(FilesReporter):
    def report(self, machine):
        raise Busy("no", "room", "here")
"""


def fleet(count, first=0):
    return [Machine(name=f"m{number:03}", project_name="plant") for number in range(first, first + count)]


def names(receipts):
    return [receipt.machine.name for receipt in receipts]


def files(folder):
    return sorted(path.stem for path in folder.rglob("*.json"))


def owed(path):
    with contextlib.closing(Outbox(path)) as outbox:
        return sorted(entry.key.name for entry in outbox.entries())


def told(stream):
    """Give the receipts of a stream, and what it ended with."""
    receipts = []
    try:
        for receipt in stream:
            receipts.append(receipt)  # noqa: PERF402  (extend() would lose all when the stream fails)
    except BaseException as error:  # noqa: BLE001  (Ctrl-C too)
        return receipts, error
    return receipts, None


@contextlib.contextmanager
def processes(count=2):
    """Give a pool of processes that are begun anew, as on other systems than Linux."""
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextlib.contextmanager
def threads(count=4):
    with ThreadPoolExecutor(count) as pool:
        yield pool


class Slow(BaseReporter):
    """Takes its time for the machines that it is told of, in this process."""

    lock = threading.Lock()
    closed = 0
    reported: ClassVar[set[str]] = set()

    def __init__(self, name="", seconds=0.0):
        self.name = name
        self.seconds = seconds

    def close(self):
        with Slow.lock:
            Slow.closed += 1

    def report(self, machine):
        Slow.reported.add(machine.name)
        if self.name in ("", machine.name):
            time.sleep(self.seconds)


class Down(BaseReporter):
    """Its backend is."""

    def report(self, machine):
        raise TransientReporterError("the backend is down")


@pytest.fixture(autouse=True)
def _no_memory():
    Slow.closed, Slow.reported = 0, set()


@pytest.fixture
def fatal(distribution):
    """The module of reporters that spoil things, where worker processes find it too."""
    distribution("acme-fatal", {"acme_fatal": FATAL})
    import acme_fatal

    return acme_fatal


# In chunks.


def begun(machine):
    return Job.of(machine, ())


def grouped(machines, most):
    return [names_of(job.key for job in chunk) for chunk in chunks(map(begun, machines), most)]


def names_of(machines):
    return [machine.name for machine in machines]


def test_chunks_are_made_when_they_are_asked_for():
    taken = []
    stream = chunks((taken.append(machine) or begun(machine) for machine in fleet(9)), 4)
    assert names_of(job.key for job in next(stream)) == ["m000", "m001", "m002", "m003"]
    assert len(taken) == 4
    assert [len(chunk) for chunk in stream] == [4, 1]


@given(st.lists(st.sampled_from("abcdef"), max_size=60), st.integers(-1, 9))
def test_chunks_have_all_machines_in_their_order_and_none_twice(names, most):
    made = grouped([Machine(name=name) for name in names], most)
    assert [name for chunk in made for name in chunk] == names
    assert all(len(set(chunk)) == len(chunk) for chunk in made)
    assert all(1 <= len(chunk) <= max(1, most) for chunk in made)


def test_of_what_is_made_one_by_one_few_wait_for_one_that_does_not_come():
    """A queue that is read, say: it gives some machines at once, and then none for an hour."""
    taken, seen = [], []

    def bursts():
        for machine in fleet(32):
            taken.append(machine.name)
            yield machine
        raise KeyboardInterrupt  # as if it were ended while it waits

    with Desk("null") as desk, contextlib.suppress(KeyboardInterrupt):
        seen.extend(receipt.machine.name for receipt in desk.report_many(bursts()))
    assert (len(taken), seen) == (32, names_of(fleet(31)))


@pytest.mark.parametrize(
    ("machines", "size", "sizes"),
    [
        (fleet(100), None, [50, 50]),
        (iter(fleet(100)), None, [1, 2, 4, 8, 16, 32, 37]),
        (iter(fleet(10)), 4, [4, 4, 2]),
    ],
)
def test_what_is_in_memory_or_has_a_size_is_delivered_in_whole_chunks(machines, size, sizes):
    Together.sizes.clear()
    with Desk(Together()) as desk:
        assert all(receipt.ok for receipt in desk.report_many(machines, chunk_size=size))
    assert Together.sizes == [size for size in sizes if size > 1]


class Together(BaseReporter):
    """Notes how many machines it is given together."""

    sizes: ClassVar[list[int]] = []

    def report(self, machine):
        return None

    def report_many(self, machines):
        taken = list(machines)
        self.sizes.append(len(taken))
        return iter([None] * len(taken))


def test_while_the_producer_is_slow_no_machine_waits_for_the_next():
    taken = []

    def slowly():
        for machine in fleet(6):
            time.sleep(2 * SLOW)
            taken.append(machine.name)
            yield machine

    with Desk("null") as desk:
        for receipt in desk.report_many(slowly()):
            assert taken[-1] == receipt.machine.name


def test_the_machines_before_one_that_is_none_are_a_chunk_of_their_own():
    stream = chunks((begun(Machine.of(machine)) for machine in [*fleet(2), 7]), 10)
    assert names_of(job.key for job in next(stream)) == ["m000", "m001"]
    with pytest.raises(MachineError, match="machine"):
        next(stream)


# By workers.


@pytest.mark.parametrize("pool", [threads, processes])
def test_workers_deliver_every_machine_and_the_receipts_come_in_the_order_of_the_machines(pool, tmp_path):
    with pool() as executor, Desk([{"files": {"path": str(tmp_path / "kept")}}, "null"]) as desk:
        receipts = list(desk.report_many(fleet(23), executor, chunk_size=3))
    assert names(receipts) == [machine.name for machine in fleet(23) for _ in range(2)]
    assert [receipt.reporter for receipt in receipts[:2]] == ["files", "null"]
    assert {receipt.status for receipt in receipts} == {Status.DELIVERED}
    assert receipts[0].reference == str(tmp_path / "kept" / "plant" / "m000.json")
    assert files(tmp_path / "kept") == names_of(fleet(23))


def test_a_slow_chunk_holds_up_no_other_and_yet_the_order_stays():
    with threads(2) as pool, Desk(Slow("m000", 0.3)) as desk:
        stream = desk.report_many(fleet(6), pool, chunk_size=1, in_flight=6)
        assert next(stream).machine.name == "m000"
        assert set(names_of(fleet(6))) == Slow.reported, "the others were delivered in the meantime"
        assert names(stream) == names_of(fleet(6))[1:]


def test_machines_are_taken_a_few_chunks_at_a_time():
    taken = []
    stream = (taken.append(machine.name) or machine for machine in fleet(100))
    with threads(2) as pool, Desk("null") as desk:
        receipts = desk.report_many(stream, pool, chunk_size=5, in_flight=3)
        next(receipts)
        assert len(taken) == 15
        assert len(list(receipts)) == 99


def test_workers_close_their_reporters_at_the_end():
    with threads(3) as pool, Desk(Slow("", 0.02)) as desk:
        list(desk.report_many(fleet(12), pool, chunk_size=2))
        assert Slow.closed == len({thread.name for thread in pool._threads})


class Gated(BaseReporter):
    """Has the first machine wait until the gate is opened; both workers meet at the first of their chunks."""

    gate = threading.Event()
    both = threading.Barrier(3)

    def report(self, machine):
        if machine.name in ("m000", "m002"):
            self.both.wait(60)
        if machine.name == "m000":
            assert self.gate.wait(60)


def test_streams_that_share_their_workers_do_not_cut_each_other_short():
    Gated.gate.clear()
    with threads(2) as pool, threads(1) as other, Desk(Gated()) as held, Desk("null") as quick:
        first = other.submit(lambda: list(held.report_many(fleet(4), pool, chunk_size=2)))
        Gated.both.wait(60)
        assert len(list(quick.report_many(fleet(1), pool))) == 1, "by the worker that is free"
        Gated.gate.set()
        assert {receipt.status for receipt in first.result(60)} == {Status.DELIVERED}
        assert names(first.result()) == names_of(fleet(4))


class Looking(BaseReporter):
    """Notes what is owed when it is asked."""

    seen: ClassVar[list[list[str]]] = []

    def __init__(self, outbox):
        self.outbox = outbox

    def report(self, machine):
        self.seen.append(owed(self.outbox))


@pytest.mark.parametrize("pool", [None, threads])
def test_what_is_always_kept_is_in_the_outbox_before_the_others_answer_and_nobody_sends_it(pool, tmp_path):
    outbox = tmp_path / "outbox.db"
    Looking.seen.clear()
    routes = [Route("later", Slow(), spool="always", accepts_spooled=True), Looking(str(outbox))]
    with contextlib.ExitStack() as stack:
        executor = stack.enter_context(pool(1)) if pool else None
        desk = stack.enter_context(Desk(routes, outbox=outbox))
        receipts = list(desk.report_many(fleet(4), executor, chunk_size=2, in_flight=1))
    assert [str(receipt.status) for receipt in receipts] == ["spooled", "delivered"] * 4
    assert Looking.seen[0] == names_of(fleet(2))
    assert Slow.reported == set()
    assert owed(outbox) == names_of(fleet(4))


@pytest.mark.parametrize("pool", [None, threads])
def test_an_older_revision_that_is_owed_is_superseded_though_the_machines_own_reporters_have_secrets(
    pool, tmp_path
):
    def revision(number):
        secret = {"reporters": [{"postgres": {"password": "hunter2hunter2"}}]}
        return Machine(name="m", metadata={"number": number}, runtime=secret)

    outbox = Outbox(tmp_path / "outbox.db")
    outbox.put("null", revision(1))
    with contextlib.ExitStack() as stack:
        executor = stack.enter_context(pool(1)) if pool else None
        desk = stack.enter_context(Desk("null", outbox=outbox, drain=0))
        [receipt] = desk.report_many([revision(2)], executor)
    assert receipt.revision == revision(2).redacted().revision
    assert list(outbox.entries()) == []


def test_workers_leave_the_outbox_and_the_hooks_to_who_gave_the_work(tmp_path):
    told = []

    class Listener:
        @hookimpl
        def newsdesk_receipt(self, receipt):
            told.append(receipt)

    registry = new_registry()
    registry.register(Listener(), name="listener")
    outbox = tmp_path / "outbox.db"
    with (
        threads() as pool,
        Desk(Down(), retry=ONCE, outbox=outbox, registry=registry) as desk,
    ):
        receipts = list(desk.report_many(fleet(8), pool, chunk_size=2))
    assert {receipt.status for receipt in receipts} == {Status.SPOOLED}
    assert told == receipts
    assert owed(outbox) == names_of(fleet(8))


def test_an_error_that_cannot_travel_is_told_by_its_text(fatal, tmp_path):
    with processes(1) as pool, Desk(fatal.Raising(str(tmp_path)), retry=ONCE) as desk:
        [receipt] = desk.report_many(fleet(1), pool)
    assert type(receipt.error) is ReporterException
    assert str(receipt.error) == "Strange: no"


def test_an_error_that_cannot_travel_is_still_worth_another_try_where_it_was(fatal, tmp_path):
    outbox = tmp_path / "outbox.db"
    with processes(1) as pool, Desk(fatal.Overloaded(str(tmp_path)), retry=ONCE, outbox=outbox) as desk:
        [receipt] = desk.report_many(fleet(1), pool)
    assert (receipt.status, str(receipt.error)) == (Status.SPOOLED, "Busy: no")
    assert owed(outbox) == ["m000"]


def test_a_secret_of_a_machines_own_reporters_does_not_go_to_workers():
    seen = []

    class Noting(ThreadPoolExecutor):
        def submit(self, call, *arguments):
            seen.append(repr(arguments[2]).encode())
            return super().submit(call, *arguments)

    secret = {"reporters": [{"postgres": {"password": "hunter2hunter2"}}]}
    with Noting(1) as pool, Desk("null") as desk:
        list(desk.report_many([Machine(name="m", runtime=secret)], pool))
    assert b"hunter2" not in seen[0]
    assert b"postgres" in seen[0]


@pytest.mark.parametrize("pool", [None, threads])
def test_a_record_that_is_no_machine_ends_the_stream_after_the_receipts_of_those_before_it(pool):
    with contextlib.ExitStack() as stack:
        executor = stack.enter_context(pool()) if pool else None
        desk = stack.enter_context(Desk("null"))
        receipts, error = told(desk.report_many([*fleet(7), 7, *fleet(3, 8)], executor, chunk_size=2))
    assert isinstance(error, MachineError)
    assert names(receipts) == names_of(fleet(7))
    assert {receipt.status for receipt in receipts} == {Status.DELIVERED}


def test_reporters_that_cannot_be_sent_to_workers_are_told_and_nothing_is_taken(tmp_path):
    class Local(BaseReporter):
        def report(self, machine):
            raise AssertionError

    taken = []
    stream = (taken.append(machine) or machine for machine in fleet(3))
    with threads() as pool, Desk(Local()) as desk, pytest.raises(DefinitionError) as caught:
        desk.report_many(stream, pool)
    error = caught.value
    assert taken == []
    assert str(error).startswith("the desk's reporters cannot be sent to the executor's workers: ")
    assert "Local" in str(error)
    assert str(error).endswith("that can be pickled, or report without an executor")


# Workers that die.


def test_a_worker_that_dies_breaks_the_pool_and_every_machine_that_was_taken_has_its_receipt(fatal, tmp_path):
    kept, outbox, mark = tmp_path / "kept", tmp_path / "outbox.db", tmp_path / "mark"
    reporter = fatal.FatalFiles(str(kept), "m004", str(mark))
    with Desk(reporter, outbox=outbox, drain=0) as desk:
        with processes() as pool:
            receipts, error = told(desk.report_many(fleet(40), pool, chunk_size=2, in_flight=4))
        assert names(receipts) == names_of(fleet(len(receipts)))
        assert isinstance(error, ReporterException)
        assert f"took no more work after {len(receipts)} machines, each of which has its receipts" in str(
            error
        )
        assert "BrokenProcessPool" in str(error)
        spooled = [receipt for receipt in receipts if receipt.status is Status.SPOOLED]
        assert "m004" in names(spooled)
        assert "the executor did not deliver it: BrokenProcessPool" in str(spooled[0].error)
        assert owed(outbox) == names(spooled)
        with processes() as pool:
            rest = list(desk.report_many(fleet(40 - len(receipts), len(receipts)), pool, chunk_size=2))
        assert {receipt.status for receipt in rest} == {Status.DELIVERED}
        assert all(receipt.ok for receipt in desk.send_owed())
    assert files(kept) == names_of(fleet(40))
    assert owed(outbox) == []


def test_without_an_outbox_the_receipts_tell_what_a_dead_worker_had(fatal, tmp_path):
    reporter = fatal.FatalFiles(str(tmp_path / "kept"), "m000", str(tmp_path / "mark"))
    with processes(1) as pool, Desk(reporter) as desk:
        [receipt] = desk.report_many(fleet(1), pool)
    assert receipt.status is Status.FAILED
    assert receipt.attempts == 0
    assert isinstance(receipt.error, TransientReporterError)


def test_a_pool_that_was_shut_down_is_told_after_the_receipts_of_what_was_taken():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with Desk("null") as desk:
        receipts, error = told(desk.report_many(fleet(9), pool, chunk_size=2))
    assert names(receipts) == ["m000", "m001"]
    assert "the executor did not deliver it: RuntimeError: cannot schedule new futures" in str(
        receipts[0].error
    )
    assert str(error).startswith("the executor took no more work after 2 machines")
    assert str(error).endswith("report the rest with a new one")


class Silent(Executor):
    """Takes work and answers some of it, then none any more."""

    def __init__(self, answers):
        self._answers = answers

    def submit(self, call, *arguments):
        future = Future()
        self._answers -= 1
        if self._answers >= 0:
            future.set_result(call(*arguments))
        return future


def test_an_executor_that_never_answers_is_not_waited_for_longer_than_its_deliveries_may_take(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("newsdesk.delivery.executors.delivery.SLACK", 0)
    outbox = tmp_path / "outbox.db"
    with Desk("null", deadline=0.5, outbox=outbox, drain=0) as desk:
        stream = desk.report_many(fleet(99), Silent(answers=1), chunk_size=2, in_flight=3)
        receipts, error = told(stream)
    assert names(receipts) == names_of(fleet(8))
    assert [receipt.status for receipt in receipts] == [Status.DELIVERED] * 2 + [Status.SPOOLED] * 6
    assert owed(outbox) == names_of(fleet(6, 2))
    assert str(receipts[2].error) == (
        "the executor did not deliver it: TimeoutError: no answer within 1 s, all that these deliveries may take"
    )
    assert str(error).startswith(
        "the executor took no more work after 8 machines, each of which has its receipts"
    )


def test_an_executor_that_is_busy_for_longer_than_a_chunks_deliveries_may_take_is_waited_for():
    with ThreadPoolExecutor(1) as pool, Desk("null", deadline=1) as desk:
        pool.submit(time.sleep, 1.5)
        receipts, error = told(desk.report_many(fleet(3), pool, chunk_size=1))
    assert error is None
    assert names(receipts) == names_of(fleet(3))
    assert {receipt.status for receipt in receipts} == {Status.DELIVERED}


# Stopped in the middle.


@pytest.mark.parametrize("pool", [contextlib.nullcontext, threads, processes])
def test_a_stream_that_is_ended_early_has_acknowledged_every_machine_that_it_took_or_keeps_it(pool, tmp_path):
    taken = []
    stream = (taken.append(machine.name) or machine for machine in fleet(200))
    outbox = tmp_path / "outbox.db"
    with (
        pool() as executor,
        Desk({"files": {"path": str(tmp_path / "kept")}}, outbox=outbox, drain=0) as desk,
    ):
        receipts = desk.report_many(stream, executor, chunk_size=4)
        told = names([next(receipts) for _ in range(6)])
        receipts.close()
    assert len(taken) < 200
    assert sorted(told + owed(outbox)) == sorted(taken)
    assert set(told) <= set(files(tmp_path / "kept"))


@pytest.mark.parametrize("pool", [contextlib.nullcontext, threads])
def test_after_an_early_end_each_thread_finishes_at_most_the_machine_that_it_is_at(pool):
    with pool() as executor, Desk(Slow("", 0.02), deadline=5) as desk:
        receipts = desk.report_many(fleet(160), executor, chunk_size=20, in_flight=8)
        next(receipts)  # with four threads the first four chunks are done, and the others have begun
        receipts.close()
    assert len(Slow.reported) < 150


def test_an_interrupt_leaves_everything_acknowledged_or_in_the_outbox(tmp_path):
    """Ctrl-C while the stream waits for a worker."""
    outbox = tmp_path / "outbox.db"
    taken = []

    class Interrupting(ThreadPoolExecutor):
        """Its third task is what Ctrl-C meets."""

        count = 0

        def submit(self, call, *arguments):
            future = super().submit(call, *arguments)
            self.count += 1
            if self.count == 3:
                future.result = self._interrupt
            return future

        def _interrupt(self, timeout=None):
            raise KeyboardInterrupt

    stream = (taken.append(machine.name) or machine for machine in fleet(50))
    with Interrupting(2) as pool, Desk("null", outbox=outbox, drain=0) as desk:
        receipts, error = told(desk.report_many(stream, pool, chunk_size=5, in_flight=4))
    assert isinstance(error, KeyboardInterrupt)
    assert names(receipts) == names_of(fleet(10))
    assert sorted(names(receipts) + owed(outbox)) == sorted(taken)


INTERRUPTED = """
import _thread, json, sys, threading, time
from newsdesk import BaseReporter, Desk, Machine

class Slow(BaseReporter):
    def report(self, machine):
        time.sleep(0.01)

told, taken = [], []
def stream():
    for number in range(10_000):
        taken.append(f"m{number}")
        yield Machine(name=f"m{number}")
timer = threading.Timer(0.4, _thread.interrupt_main)
with Desk(Slow(), outbox=sys.argv[1], drain=0) as desk:
    try:
        for receipt in desk.report_many(stream(), chunk_size=20):
            if not told:
                timer.start()
            told.append(receipt.machine.name)
    except KeyboardInterrupt:
        pass
print(json.dumps([told, taken]))
"""


def test_a_real_interrupt_at_any_moment_loses_no_machine(tmp_path):
    outbox = tmp_path / "outbox.db"
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(outbox)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told, taken = json.loads(done.stdout)
    assert 0 < len(told) < 10_000
    found = {*told, *owed(outbox)}
    assert found >= {*taken[:-1]}, "the last one may not have been handed over yet"


BESIDE = """
import _thread, threading
from newsdesk import BaseReporter, Desk

stopped, begun = threading.Event(), threading.Event()

class Hanging(BaseReporter):
    def report(self, machine):
        begun.wait(60)
        _thread.interrupt_main()
        stopped.wait(60)

class Beside(BaseReporter):
    count = 0

    def report(self, machine):
        Beside.count += 1
        begun.set()
        stopped.wait(60)

desk = Desk([Hanging(), Beside()], deadline=60)
try:
    list(desk.report_many(({"name": f"m{number}"} for number in range(9)), chunk_size=9))
except KeyboardInterrupt:
    stopped.set()
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(30)
print(Beside.count)
"""


def test_an_interrupt_while_the_first_reporter_is_waited_for_stops_those_beside_it_too():
    done = subprocess.run(
        [sys.executable, "-c", BESIDE], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "1\n"


def test_a_stop_without_an_outbox_is_logged(caplog):
    with Desk("null") as desk:
        receipts = desk.report_many(fleet(5), chunk_size=5)
        next(receipts)
        receipts.close()
    assert "stopped with 4 machines that were taken and not acknowledged" in caplog.text


REFERENCED = """
import sys
from newsdesk import Desk, Machine

stream = Desk("null", outbox=sys.argv[1], drain=0).report_many([Machine(name=f"m{n:03}") for n in range(9)])
print(next(stream).machine.name)
"""


def test_a_stream_that_is_referenced_when_the_process_ends_loses_nothing(tmp_path):
    outbox = tmp_path / "outbox.db"
    done = subprocess.run(
        [sys.executable, "-c", REFERENCED, str(outbox)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "m000\n"
    assert owed(outbox) == names_of(fleet(8, 1))


def test_a_stream_that_nobody_references_any_more_loses_nothing(tmp_path):
    outbox = tmp_path / "outbox.db"
    with Desk("null", outbox=outbox, drain=0) as desk:
        assert next(desk.report_many(fleet(5))).machine.name == "m000"
        gc.collect()
        assert owed(outbox) == names_of(fleet(4, 1))


def test_at_a_stop_everything_is_kept_before_a_listener_can_hang(tmp_path):
    registry, outbox, seen = new_registry(), Outbox(tmp_path / "outbox.db"), []

    class Looks:
        @hookimpl
        def newsdesk_receipt(self, receipt):
            seen.append(len(list(outbox.entries())))

    def interrupted():
        yield from fleet(3)
        raise KeyboardInterrupt

    registry.register(Looks(), name="metrics")
    with outbox, Desk("null", outbox=outbox, registry=registry) as desk:
        _, error = told(desk.report_many(interrupted(), chunk_size=50))
    assert isinstance(error, KeyboardInterrupt)
    assert seen == [3, 3, 3]


class Forgets(Executor):
    """Cancels what it was given, as Dask does without its scheduler; its worker goes on."""

    def submit(self, call, *arguments):
        future = Future()
        self.worker = threading.Thread(target=call, args=arguments)
        self.worker.start()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


class Late(BaseReporter):
    """Writes the first revision late."""

    go, written = threading.Event(), []

    def report(self, machine):
        if machine.metadata["n"] == 1:
            assert Late.go.wait(60)
        Late.written.append(machine.metadata["n"])


def test_what_a_lost_worker_still_writes_is_overwritten_by_the_newest_in_the_end(tmp_path):
    first, second = (Machine(name="m", metadata={"n": number}) for number in (1, 2))
    with Desk(Late(), outbox=tmp_path / "outbox.db", drain=0) as desk:
        executor = Forgets()
        told(desk.report_many([first], executor))
        assert desk.report(second)[0].ok
        Late.go.set()
        executor.worker.join()
        assert Late.written == [2, 1]
        # While this process lives, the worker may write; whoever comes after it sends the newest once more.
        [entry] = Outbox(tmp_path / "outbox.db").entries()
        assert (entry.state, entry.revision) == (State.STANDBY, second.revision)


class Impatient(Outbox):
    """While it keeps a record, somebody presses Ctrl-C once more."""

    def put(self, *arguments, **options):
        signal.raise_signal(signal.SIGINT)
        return super().put(*arguments, **options)


def test_a_second_interrupt_while_what_was_taken_is_kept_loses_nothing(tmp_path):
    def interrupted():
        yield from fleet(9)
        raise KeyboardInterrupt

    outbox = Impatient(tmp_path / "outbox.db")
    with Desk("null", outbox=outbox, drain=0) as desk:
        _, error = told(desk.report_many(interrupted(), chunk_size=50))
    assert isinstance(error, KeyboardInterrupt)
    assert owed(outbox.path) == names_of(fleet(9))


def test_a_stream_that_is_closed_while_a_receipt_is_waited_for_ends_after_it(tmp_path):
    class Closes(BaseReporter):
        def report(self, machine):
            stream.close()

    outbox = tmp_path / "outbox.db"
    with Desk(Closes(), outbox=outbox, drain=0) as desk:
        stream = desk.report_many(fleet(3))
        assert names(stream) == ["m000"]
        assert owed(outbox) == names_of(fleet(2, 1))


WAITED_FOR = """
import sys, threading
from newsdesk import BaseReporter, Desk, Machine

class Hangs(BaseReporter):
    def report(self, machine):
        if machine.name == "m001":
            begun.set()
            threading.Event().wait()

begun = threading.Event()
stream = Desk(Hangs(), outbox=sys.argv[1], drain=0).report_many([Machine(name=f"m{n:03}") for n in range(9)])
threading.Thread(target=list, args=[stream], daemon=True).start()
assert begun.wait(60)
"""


def test_a_stream_that_a_daemon_thread_reads_when_the_process_ends_loses_nothing(tmp_path):
    outbox = tmp_path / "outbox.db"
    subprocess.run([sys.executable, "-c", WAITED_FOR, str(outbox)], timeout=60, check=True)
    assert {*names_of(fleet(8, 1))} <= {*owed(outbox)}


# Memory.

FLAT = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from newsdesk import Desk, Machine

COUNT, WORKERS = int(sys.argv[1]), int(sys.argv[2])
METADATA = {"scores": [number / 7 for number in range(4_300)]}

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if sys.platform == "darwin" else 1024)

def fleet():
    for number in range(COUNT):
        yield {"name": f"machine-{number}", "project_name": "plant", "metadata": METADATA}

size = len(Machine.of(next(fleet())).to_json())
base, count = peak(), 0
pool = ThreadPoolExecutor(WORKERS) if WORKERS else None
with Desk("null") as desk:
    for receipt in desk.report_many(fleet(), pool):
        count += receipt.ok
print(count, size, peak() - base)
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_memory_stays_flat_however_many_machines_there_are(workers):
    """10,000 of 80 KB are 800 MB; the process must not grow by 300."""
    done = subprocess.run(
        [sys.executable, "-c", FLAT, "10000" if not workers else "3000", str(workers)],
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    count, size, grown = map(int, done.stdout.split())
    assert count == (10_000 if not workers else 3_000)
    assert 70_000 < size < 90_000
    assert grown < 300


def test_no_machine_is_kept_after_its_receipt():
    seen = []

    def stream():
        for machine in fleet(10):
            seen.append(weakref.ref(machine))
            yield machine

    with Desk("null") as desk:
        receipts = list(desk.report_many(stream(), chunk_size=2))
        gc.collect()
        assert [ref() for ref in seen] == [None] * 10
    assert len(receipts) == 10


def test_what_a_reporter_refuses_for_good_is_not_kept(tmp_path):
    class Refusing(BaseReporter):
        def report(self, machine):
            raise PermanentReporterError("never")

    with Desk(Refusing(), outbox=tmp_path / "outbox.db") as desk:
        receipts = list(desk.report_many(fleet(3)))
    assert {receipt.status for receipt in receipts} == {Status.FAILED}
    assert owed(tmp_path / "outbox.db") == []
