"""A child process does one thing, and its parent learns what came of it."""

import os
import tempfile
import time

import pytest
from newsdesk.testing import Child, ChildFailed, warm_up


def test_a_child_is_another_process_and_its_parent_gets_what_it_returns():
    child = Child(os.getpid)
    assert child.result() == child.process.pid != os.getpid()


def test_what_a_child_raises_is_told_as_text():
    with pytest.raises(ChildFailed, match=r"ValueError: invalid literal for int\(\) with base 10: 'x'"):
        Child(int, "x").result()


def test_a_child_that_was_killed_returns_nothing():
    child = Child(time.sleep, 3600)
    child.kill()
    assert child.result() is None
    assert not child.process.is_alive()


def test_a_child_that_hangs_is_killed_and_told():
    child = Child(time.sleep, 3600)
    with pytest.raises(ChildFailed, match=r"a delivery had not ended after 0\.1 seconds, and was killed"):
        child.result(0.1)
    assert not child.process.is_alive()


def test_a_closed_child_is_at_an_end():
    child = Child(time.sleep, 3600)
    child.close()
    assert not child.process.is_alive()


def test_a_child_that_was_killed_leaves_no_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = Child(exec, "import tempfile, time; tempfile.mkdtemp(); time.sleep(3600)")
    while not [*tmp_path.glob("*/*")]:
        time.sleep(0.01)
    child.kill()
    child.close()
    assert [*tmp_path.iterdir()] == []


def test_children_that_were_warmed_up_have_the_modules_already():
    """`mailbox` is nothing that anything here needs."""
    loaded = "import sys; assert 'mailbox' in sys.modules"
    with pytest.raises(ChildFailed, match="AssertionError"):
        Child(exec, loaded).result()
    warm_up("mailbox")
    try:
        Child(exec, loaded).result()
    finally:
        warm_up(
            "newsdesk.delivery.desk",
            "newsdesk.testing.processes.killing",
            "newsdesk.testing.processes.simultaneous",
        )
