"""How often, and with what pauses, a delivery is tried again."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import DefinitionError, PermanentReporterError, Retry, TransientReporterError

LONG = 1e9


class Unpaused(threading.Event):
    """Tells how long it was waited for, and does not wait."""

    def __init__(self):
        super().__init__()
        self.pauses = []

    def wait(self, timeout=None):
        self.pauses.append(timeout)
        return self.is_set()


def run(retry, error=None, *, until=LONG, stopped=None):
    """Run what always fails, and give the numbers of its attempts and the pauses between them."""
    numbers, stopped = [], stopped or Unpaused()

    def attempt(number):
        numbers.append(number)
        raise error or TransientReporterError("down")

    with pytest.raises(type(error or TransientReporterError())):
        retry.run(attempt, until=until, stopped=stopped)
    return numbers, stopped.pauses


def test_what_succeeds_is_tried_once_and_its_answer_given():
    assert Retry().run(lambda number: f"answer {number}", until=LONG, stopped=Unpaused()) == "answer 1"


def test_it_is_tried_until_it_succeeds():
    def attempt(number):
        if number < 4:
            raise TransientReporterError("down")
        return number

    assert Retry().run(attempt, until=LONG, stopped=Unpaused()) == 4


@given(st.integers(1, 40))
def test_it_is_tried_as_often_as_asked_and_no_more(attempts):
    numbers, pauses = run(Retry(attempts=attempts))
    assert numbers == list(range(1, attempts + 1))
    assert len(pauses) == attempts - 1


@pytest.mark.parametrize("error", [PermanentReporterError("no"), KeyError("a bug"), SystemExit(3)])
def test_what_is_not_worth_another_try_is_tried_once(error):
    assert run(Retry(), error) == ([1], [])


@given(st.integers(2, 30), st.floats(0, 1e6), st.floats(0, 1e6))
def test_each_pause_is_between_nothing_and_a_bound_that_doubles_up_to_the_maximum(attempts, initial, maximum):
    _, pauses = run(Retry(attempts, initial, maximum))
    for number, pause in enumerate(pauses):
        assert 0 <= pause <= min(maximum, initial * 2**number)


def test_pauses_differ_so_that_not_all_come_back_at_once():
    assert len({run(Retry(attempts=2, initial=10))[1][0] for _ in range(20)}) > 15


def test_pauses_are_spread_over_all_of_their_range():
    """Full jitter: from nothing to the bound, which doubles; 200 draws leave out no quarter of it."""
    pauses = [run(Retry(attempts=3, initial=10))[1] for _ in range(200)]
    for number, bound in enumerate((10, 20)):
        quarters = {int(4 * each[number] / bound) for each in pauses}
        assert {0, 1, 2, 3} <= quarters


def test_thousands_of_attempts_without_a_pause_do_not_overflow():
    assert len(run(Retry(attempts=2000, initial=0))[0]) == 2000


@given(st.floats(0, 1e6))
def test_what_the_backend_asks_for_comes_before_our_own_pauses(seconds):
    error = TransientReporterError("busy", retry_after=seconds)
    assert run(Retry(attempts=3, initial=0.5, maximum=1.0), error)[1] == [seconds, seconds]


@pytest.mark.parametrize("asked", [-5, float("nan"), float("inf"), "soon", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_what_is_not_a_number_of_seconds_leaves_it_to_our_own_pauses(asked):
    error = TransientReporterError("busy")
    error.retry_after = asked
    attempts, pauses = run(Retry(attempts=3, initial=0.5, maximum=1.0), error)
    assert attempts == [1, 2, 3]
    assert all(0 <= pause <= 1 for pause in pauses)


def test_it_is_given_up_at_once_when_the_pause_would_outlast_the_deadline():
    error = TransientReporterError("busy", retry_after=3600)
    assert run(Retry(), error, until=time.monotonic() + 600) == ([1], [])


def test_it_is_given_up_when_the_deadline_is_over():
    assert run(Retry(), until=time.monotonic() - 1) == ([1], [])


def test_after_it_was_stopped_nothing_is_tried_again():
    stopped = Unpaused()
    stopped.set()
    assert run(Retry(), stopped=stopped) == ([1], [])


def test_a_stop_during_a_pause_ends_the_pause_and_the_attempts():
    stopped = threading.Event()
    numbers = []

    def attempt(number):
        numbers.append(number)
        threading.Timer(0.05, stopped.set).start()
        raise TransientReporterError("down", retry_after=600)

    with pytest.raises(TransientReporterError, match="down"):
        Retry().run(attempt, until=LONG, stopped=stopped)
    assert numbers == [1]


def test_numbers_that_make_no_sense_are_all_told_at_once():
    with pytest.raises(DefinitionError) as caught:
        Retry(attempts=0, initial=-1, maximum=float("nan"))
    assert str(caught.value) == (
        "the retry cannot be used\n"
        "  - attempts: must be a number of at least 1, but is 0\n"
        "  - initial: must be a number of at least 0, but is -1\n"
        "  - maximum: must be a number of at least 0, but is nan"
    )


@pytest.mark.parametrize("value", [True, "3", None])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(DefinitionError, match="attempts: must be a number of at least 1, but is "):
        Retry(attempts=value)
