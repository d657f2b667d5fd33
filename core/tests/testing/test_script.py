"""Faults happen in their order, each so often as was asked."""

from newsdesk.testing import Answer, BlackHole, Cut, CutBytes, Delay, Refuse, Reset
from newsdesk.testing.script import Script


def scripted(*entries):
    script = Script()
    for fault, times in entries:
        script.add(fault, times)
    return script


def test_without_a_fault_nothing_happens():
    assert scripted().at_connection() is None
    assert scripted().at_request() is None


def test_each_fault_lasts_until_it_is_used_up_and_then_comes_the_next():
    first, second = Answer(b"1"), Answer(b"2")
    script = scripted((first, 2), (second, 1))
    assert [script.at_request() for _ in range(4)] == [first, first, second, None]


def test_a_fault_without_a_number_lasts_until_it_is_cleared():
    script = scripted((Delay(1), None))
    assert [script.at_request() for _ in range(3)] == [Delay(1)] * 3
    script.clear()
    assert script.at_request() is None


def test_a_cut_waits_for_its_request_and_then_counts_from_there():
    script = scripted((Cut(2), 2), (Reset(), 1))
    assert [script.at_request() for _ in range(6)] == [None, Cut(2), None, Cut(2), Reset(), None]


def test_what_happens_to_requests_does_not_happen_to_connections():
    for fault in (Cut(), CutBytes(1), Delay(1), Answer(b"")):
        assert scripted((fault, None)).at_connection() is None


def test_what_happens_to_connections_happens_to_open_ones_at_their_next_request():
    for fault in (Refuse(), Reset(), BlackHole()):
        assert scripted((fault, 1)).at_connection() == fault
        assert scripted((fault, 1)).at_request() == fault
