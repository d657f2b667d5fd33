"""Faults happen in their order, each as many times as asked."""

from newsdesk.testing import Answer, BlackHole, Cut, CutBytes, Delay, Refuse, Reset
from newsdesk.testing.faults.fault_queue import FaultQueue


def queue_of(*entries):
    queue = FaultQueue()
    for fault, times in entries:
        queue.add(fault, times)
    return queue


def test_without_a_fault_nothing_happens():
    assert queue_of().at_connection() is None
    assert queue_of().at_request() is None


def test_each_fault_lasts_until_it_is_used_up_and_then_comes_the_next():
    first, second = Answer(b"1"), Answer(b"2")
    queue = queue_of((first, 2), (second, 1))
    assert [queue.at_request() for _ in range(4)] == [first, first, second, None]


def test_a_fault_without_a_number_lasts_until_it_is_cleared():
    queue = queue_of((Delay(1), None))
    assert [queue.at_request() for _ in range(3)] == [Delay(1)] * 3
    queue.clear()
    assert queue.at_request() is None


def test_a_cut_waits_for_its_request_and_then_counts_from_there():
    queue = queue_of((Cut(2), 2), (Reset(), 1))
    assert [queue.at_request() for _ in range(6)] == [None, Cut(2), None, Cut(2), Reset(), None]


def test_what_happens_to_requests_does_not_happen_to_connections():
    for fault in (Cut(), CutBytes(1), Delay(1), Answer(b"")):
        assert queue_of((fault, None)).at_connection() is None


def test_what_happens_to_connections_happens_to_open_ones_at_their_next_request():
    for fault in (Refuse(), Reset(), BlackHole()):
        assert queue_of((fault, 1)).at_connection() == fault
        assert queue_of((fault, 1)).at_request() == fault


def test_what_is_in_effect_can_be_seen_without_using_it_up():
    queue = queue_of((BlackHole(), 1))
    assert (queue.next_is(BlackHole), queue.next_is(Cut), queue_of().next_is(Cut)) == (True, False, False)
    assert queue.at_request() == BlackHole()
    assert not queue.next_is(BlackHole)


def test_an_answer_is_for_one_request_of_those_that_contain_something():
    queue = FaultQueue()
    queue.add(answer := Answer(b"", request=2, within=b"pump"), 1)
    assert [queue.at_request(data) for data in (b"a pump", b"a fan", b"the pump", b"pump")] == [
        None,
        None,
        answer,
        None,
    ]
