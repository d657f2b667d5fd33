"""One thread that works for one reporter."""

import os
import re
import signal
import sys
import threading
import time
import weakref
from pathlib import Path

import newsdesk
import pytest
from newsdesk.worker import ForkLock, Worker, run_to_its_end


@pytest.fixture
def worker():
    made = Worker("the worker's name")
    yield made
    made.stop()


@pytest.fixture
def often():
    """Let threads take turns as often as Python can, so that what they share is seen half done."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_calls_run_one_after_the_other_in_one_thread_of_its_own(worker):
    answers = [worker.submit(lambda n=n: (n, threading.current_thread())) for n in range(20)]
    results = [answer.result(10) for answer in answers]
    assert [number for number, _ in results] == list(range(20))
    (thread,) = {thread for _, thread in results}
    assert thread is not threading.current_thread()
    assert thread.name == "the worker's name"


def test_its_thread_does_not_keep_the_process_from_ending(worker):
    assert worker.submit(lambda: threading.current_thread().daemon).result(10)


def test_no_thread_is_begun_before_the_first_call():
    before = threading.active_count()
    Worker("idle")
    assert threading.active_count() == before


def test_many_callers_at_once_share_one_thread(often):
    for _ in range(20):
        worker, start, threads = Worker("shared"), threading.Barrier(4), set()

        def call(worker=worker, start=start, threads=threads):
            start.wait(60)
            threads.add(worker.submit(threading.get_ident).result(60))

        callers = [threading.Thread(target=call) for _ in range(4)]
        [caller.start() for caller in callers]
        [caller.join(120) for caller in callers]
        worker.stop()
        assert len(threads) == 1


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_a_call_raises_is_its_callers_and_the_next_call_runs(worker, error):
    def fail():
        raise error

    with pytest.raises(type(error)):
        worker.submit(fail).result(10)
    assert worker.submit(lambda: "next").result(10) == "next"


def test_what_waits_is_done_before_it_stops(worker):
    go = threading.Event()
    first, second = worker.submit(go.wait), worker.submit(threading.current_thread)
    worker.stop()
    go.set()
    thread = second.result(10)
    assert first.result(10)
    thread.join(10)
    assert not thread.is_alive()


def test_a_call_that_was_cancelled_while_it_waited_is_not_begun(worker):
    go, ran = threading.Event(), []
    worker.submit(go.wait)
    waiting = worker.submit(lambda: ran.append("the cancelled one"))
    assert waiting.cancel()
    go.set()
    assert worker.submit(lambda: "after").result(10) == "after"
    assert ran == []


class Held:
    pass


@pytest.mark.parametrize("cancelled", [False, True])
def test_nothing_of_a_call_is_kept_while_it_waits_for_the_next(worker, cancelled):
    go, held = threading.Event(), Held()
    seen = weakref.ref(held)
    worker.submit(go.wait)
    future = worker.submit(lambda held=held: None)
    if cancelled:
        future.cancel()
    del held, future
    go.set()
    until = time.monotonic() + 10
    while seen() is not None and time.monotonic() < until:
        time.sleep(0.001)
    assert seen() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_begins_a_thread_of_its_own(worker):
    assert worker.submit(lambda: 1).result(10) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if worker.submit(lambda: "here").result(10) == "here" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert worker.submit(lambda: 2).result(10) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_lock_is_free_in_a_forked_child_unless_it_is_the_forking_threads_own():
    lock, own, held, release = ForkLock(), ForkLock(), threading.Event(), threading.Event()

    def hold():
        with lock.held:
            held.set()
            release.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(60)
    with own.held:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            with lock.held, own.held:
                pass
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    release.set()
    other.join()


def test_a_ctrl_c_is_raised_when_what_must_not_be_interrupted_has_ended():
    ended = []

    def call():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
        ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        run_to_its_end(call)
    assert ended == [True]


def test_what_must_not_be_interrupted_runs_here_where_no_thread_can_be_begun(threadless):
    ended = []
    run_to_its_end(lambda: ended.append(threading.current_thread()))
    assert ended == [threading.current_thread()]


def test_an_error_of_what_must_not_be_interrupted_is_raised():
    with pytest.raises(ZeroDivisionError):
        run_to_its_end(lambda: 1 / 0)


KEPT = {
    "future.py": "only waited for, and looked at again after a second",
    "worker.py": "the lock itself",
    "contract/lifecycle.py": "renewed together with the state",
    "delivery/executors/worker.py": "never waited for by another thread: its worker's own",
    "cli/listing/entries.py": "never used by a forked child: it is of one listing of the command",
    "outbox/storage/database.py": "held by the forking thread while it forks",
}


def test_every_lock_of_the_framework_is_free_in_a_forked_child():
    source = Path(newsdesk.__file__).parent
    files = {file.relative_to(source).as_posix(): file.read_text("utf-8") for file in source.rglob("*.py")}
    found = {name for name, text in files.items() if re.search(r"threading\.(R?Lock|Condition)\b", text)}
    assert {name for name in found if not name.startswith(("testing/", "template/"))} == KEPT.keys()
