"""What may be larger than memory is sorted in a temporary file."""

import random
import threading
import tracemalloc

import pytest
from newsdesk.machine import MachineKey
from newsdesk.objectstore.store import Listed
from newsdesk.outbox import OutboxError, State
from newsdesk.outbox.objects import names
from newsdesk.outbox.objects.outbox import ObjectOutbox
from newsdesk.outbox.storage.external_sort import in_order


def test_rows_come_by_their_numbers_and_any_text_is_kept():
    rows = [(2.0, 1, "b"), (1.0, 1 << 62, "ü\n\x00"), (1.0, 3, ""), (float("inf"), 0, "last")]
    assert list(in_order(rows)) == ["", "ü\n\x00", "b", "last"]
    assert list(in_order([])) == []


def test_many_rows_are_in_order():
    rows = [(float(number % 7), number, str(number)) for number in range(50_000)]
    shuffled = random.Random(1).sample(rows, len(rows))
    assert list(in_order(shuffled)) == [text for _, _, text in sorted(rows)]


def test_what_the_rows_raise_is_raised():
    def rows():
        yield 1.0, 1, "a"
        raise OutboxError("the store is down")

    with pytest.raises(OutboxError, match="the store is down"):
        list(in_order(rows()))


def test_no_room_is_told():
    resource = pytest.importorskip("resource")
    rows = ((0.0, number, "x" * 1000) for number in range(50_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # bytes of a file: as on a full disk
    try:
        with pytest.raises(OutboxError, match=r"cannot be sorted: .*; free space for temporary files"):
            list(in_order(rows))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_another_thread_may_end_it():
    rows = in_order([(1.0, 1, "a"), (2.0, 2, "b")])
    assert next(rows) == "a"
    thread = threading.Thread(target=rows.close)
    thread.start()
    thread.join()
    assert list(rows) == []


class Records:
    """A store with as many records as a test says, whose states are gone."""

    def __init__(self, count):
        self.count = count

    def list(self, folder):
        for number in range(self.count if folder.startswith("owed") else 0):
            key, id_ = MachineKey("p", f"m{number}"), (number * 7919) % self.count
            yield Listed(names.record_of(State.OWED, "a", key, id_, 0), 100, 1.7e9)

    def get(self, path):
        return None


class ManyOutbox(ObjectOutbox):
    def __init__(self, count):
        super().__init__("s3://many")
        self.records = Records(count)

    def _store(self, within):
        return self.records


def test_an_outbox_of_objects_holds_no_list_of_its_records():
    def peak(count):
        outbox = ManyOutbox(count)
        tracemalloc.start()
        try:
            assert list(outbox.entries()) == []
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(3_000) - peak(500) < 300_000  # bytes; the names of 2,500 records have 1.2 MB
