"""Which process holds something, and whether it has certainly ended."""

import os
import subprocess
import sys

import pytest
from newsdesk.outbox import processes
from newsdesk.outbox.processes import Processes

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux shows what tells them apart"
)

NAME = "from newsdesk.outbox.processes import Processes\nprint(Processes().own(), flush=True)\ninput()"


@pytest.fixture
def other():
    """Another process, and its name."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", NAME], **pipes) as process:
        yield process, process.stdout.readline().strip()
        process.kill()


def changed(name, part, value):
    parts = name.split("/")
    parts[part] = value
    return "/".join(parts)


def test_a_process_is_itself_and_not_gone():
    assert Processes().own() == Processes().own()
    assert not Processes().is_gone(Processes().own())


def test_a_fork_is_another_process():
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, Processes().own().encode())
        os._exit(0)
    child = os.read(reading, 1000).decode()
    os.waitpid(pid, 0)
    os.close(reading)
    os.close(writing)
    assert child != Processes().own()
    assert Processes().is_gone(child)


def test_one_that_lives_is_not_gone_and_one_that_was_killed_is_even_before_it_is_waited_for(other):
    process, name = other
    assert not Processes().is_gone(name)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # a zombie, which writes nothing any more
    assert Processes().is_gone(name)
    process.wait()
    assert Processes().is_gone(name)


def test_a_process_that_has_got_the_id_of_an_older_one_is_another(other):
    _, name = other
    assert Processes().is_gone(changed(name, 3, "1"))


def test_one_of_another_boot_is_gone_and_one_of_another_container_may_live(other):
    _, name = other
    assert Processes().is_gone(changed(name, 0, "another-boot"))
    assert not Processes().is_gone(changed(changed(name, 1, "pid:[1]"), 2, "999999999"))


@pytest.mark.parametrize("name", ["", "x", "1-abc", "a/b/c", "a/b/c/d/e"])
def test_what_is_not_such_a_name_may_live(name):
    assert not Processes().is_gone(name)


@pytest.mark.parametrize("pid", ["x", "", "-1", "9" * 30])
def test_a_damaged_id_is_no_error(pid):
    assert Processes().is_gone(changed(Processes().own(), 2, pid)) == (pid == "9" * 30)


def test_where_the_system_shows_nothing_nobody_is_known_to_be_gone(tmp_path, monkeypatch, other):
    _, name = other
    monkeypatch.setattr(processes, "PROC", tmp_path)
    processes._own.cache_clear()
    try:
        assert Processes().own() == Processes().own()
        assert not Processes().is_gone(changed(name, 0, "another-boot"))
    finally:
        processes._own.cache_clear()
