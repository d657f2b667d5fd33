"""The result of a call in another thread, whatever interrupts the main thread."""

import _thread
import sys
import threading
import time

import newsdesk.future
import pytest
from newsdesk.future import Future


def test_its_result_is_what_was_set():
    future = Future()
    threading.Timer(0.05, future.set_result, ["here"]).start()
    assert not future.done()
    assert future.result(60) == "here"
    assert future.done()
    assert future.result() == "here"


def test_its_error_is_raised():
    future = Future()
    future.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        future.result(60)


def test_several_wait_for_one():
    future, seen = Future(), []
    threads = [threading.Thread(target=lambda: seen.append(future.result(60))) for _ in range(5)]
    [thread.start() for thread in threads]
    future.set_result(1)
    [thread.join(60) for thread in threads]
    assert seen == [1] * 5


def test_without_a_result_in_time_the_wait_ends():
    with pytest.raises(TimeoutError):
        Future().result(0.01)
    with pytest.raises(TimeoutError):
        Future().result()


def test_who_waits_for_a_call_that_was_cancelled_does_not_wait_long():
    future = Future()
    assert future.cancel()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        future.result(1e6)
    assert time.monotonic() - began < 60  # not 11 days


def test_a_call_is_begun_or_cancelled():
    begun, cancelled, ended = Future(), Future(), Future()
    assert begun.begin()
    assert not begun.cancel()
    assert not begun.done()
    assert cancelled.cancel()
    assert cancelled.cancel()
    assert not cancelled.begin()
    assert cancelled.done()
    ended.set_result(None)
    assert not ended.cancel()


def test_a_callback_is_called_once_before_or_after_the_end():
    future, called = Future(), []
    future.add_done_callback(called.append)
    assert called == []
    future.set_result(1)
    future.add_done_callback(called.append)
    assert called == [future, future]


def test_wherever_the_wait_is_interrupted_the_result_can_be_set_and_read():
    """A trace function raises before each instruction in turn, as a signal handler may."""
    for number in range(1, 10_000):
        future = Future()
        setter = threading.Timer(0.002, future.set_result, [1])
        setter.start()
        was_interrupted = interrupted_at(number, lambda future=future: future.result(60))
        setter.join(60)
        assert not setter.is_alive(), f"interrupted before instruction {number}"
        assert future.result(60) == 1
        if not was_interrupted:
            break
    else:
        pytest.fail("it was interrupted to the end")
    assert number > 20


def interrupted_at(number, call):
    """Call, raise a KeyboardInterrupt before an instruction of the module, and tell whether it came so far."""
    seen = 0

    def trace(frame, event, _):
        nonlocal seen
        if frame.f_code.co_filename != newsdesk.future.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            seen += 1
            if seen == number:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


class TestSlices:
    """A wait in slices is as long as one in one piece."""

    @pytest.fixture(autouse=True)
    def slices(self, monkeypatch):
        monkeypatch.setattr("newsdesk.future.SLICE", 0.01)

    def test_what_comes_after_many_slices_is_given(self):
        future = Future()
        threading.Timer(0.2, future.set_result, [7]).start()
        assert future.result(60) == 7

    def test_an_error_is_raised_also_when_it_is_a_timeout_of_its_own(self):
        future, own = Future(), TimeoutError("own")
        threading.Timer(0.1, future.set_exception, [own]).start()
        with pytest.raises(TimeoutError) as caught:
            future.result(60)
        assert caught.value is own

    @pytest.mark.parametrize("seconds", [0, 0.005, 0.1])
    def test_what_does_not_come_in_time_is_a_timeout(self, seconds):
        with pytest.raises(TimeoutError):
            Future().result(seconds)

    def test_a_ctrl_c_that_does_not_wake_the_wait_is_seen_before_its_end(self):
        """As one that comes just before a wait: Python has noted it, and nothing ends the wait for it."""
        future = Future()
        late = threading.Timer(20, future.set_result, [None])
        late.start()

        def interrupted():
            threading.Timer(0.1, _thread.interrupt_main).start()
            future.result(60)

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        late.cancel()
        assert not future.done()
