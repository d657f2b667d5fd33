"""What the kit sees of a backend, and what it says of a difference."""

import pytest
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.machines import small

ONE, OTHER = small("one"), small("other")
REBUILT = small("one", metadata={"rebuilt": True})


def test_records_may_be_given_as_text_as_mappings_or_as_machines():
    held = BackendRecords(lambda: [ONE.to_json(), ONE.to_json().decode(), ONE.to_dict(), ONE])
    assert held.records() == [ONE.to_json()] * 4


def test_what_is_there_once_is_right_whatever_else_is_there():
    BackendRecords(lambda: [ONE, OTHER]).expect(ONE, after="x")


@pytest.mark.parametrize(
    ("machines", "told"),
    [
        ([], r"after x the backend does not hold .*\"one\".*; of its key: nothing"),
        ([OTHER], "does not hold .*; of its key: nothing"),
        ([REBUILT], r"does not hold .*; of its key: .*\"rebuilt\":true"),
        ([ONE, ONE], "after x the backend holds 2 copies of .*one"),
        ([ONE, REBUILT], "after x the backend holds what was not reported: .*rebuilt"),
    ],
)
def test_a_difference_is_told_with_what_was_found(machines, told):
    with pytest.raises(AssertionError, match=told):
        BackendRecords(lambda: machines).expect(ONE, after="x")


def test_what_is_long_is_shown_in_part():
    long = [small("one", metadata={"text": str(number) * 1000}) for number in range(6)]
    with pytest.raises(AssertionError, match=r"… \(\d{4} bytes\) and 2 more$"):
        BackendRecords(lambda: long).expect(ONE, after="x")
