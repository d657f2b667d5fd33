"""I/O is seen where it happens, and nowhere else."""

import errno
import os
import socket
import threading

import pytest
from newsdesk.testing.inspection.io_events import DiskFault, failing_disk, io_events


def test_files_and_connections_are_seen(tmp_path):
    with io_events() as events:
        (tmp_path / "file").write_text("x")
        socket.socket().close()
    assert [event.split()[0] for event in events] == ["open", "socket.__new__"]


def test_what_does_no_io_is_silent():
    with io_events() as events:
        sorted(str(number) for number in range(10))
    assert events == []


def test_another_thread_and_what_comes_afterwards_are_not_seen():
    with io_events() as events:
        thread = threading.Thread(target=os.listdir)
        thread.start()
        thread.join()
    os.listdir()  # noqa: PTH208  (that is what is watched)
    assert events == []


def test_a_disk_fails_at_a_step_of_reading_and_writing_goes_on(tmp_path):
    (tmp_path / "file").write_text("x")
    with failing_disk(DiskFault(errno.EIO, 2, str(tmp_path), reading=True)) as fault:
        os.listdir(tmp_path)  # noqa: PTH208  (that is what is watched)
        (tmp_path / "file").write_text("y")
        with pytest.raises(OSError, match="Input/output error"):
            (tmp_path / "file").read_text()
    assert fault.hits == 1
    assert (tmp_path / "file").read_text() == "y"
