"""A file that is deleted or replaced while it is open: what is at the path is what is used."""

import sqlite3
import subprocess
import sys
import threading

import pytest
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox, OutboxError, State
from newsdesk.outbox.storage import file

FILES = ("owed.db", "owed.db-wal", "owed.db-shm")


def machine(name):
    return Machine(name=name, project_name="p")


def names(outbox):
    return sorted(entry.key.name for entry in outbox.entries())


def in_another_process(path):
    """Give what another process finds there."""
    program = (
        "import sys\nfrom newsdesk.outbox import Outbox\n"
        "print(*sorted(e.key.name for e in Outbox(sys.argv[1]).entries()))"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    return done.stdout.split()


def integrity(path):
    with sqlite3.connect(path) as db:
        [(told,)] = db.execute("PRAGMA integrity_check").fetchall()
    db.close()
    return told


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "owed.db") as made:
        yield made


@pytest.mark.parametrize("deleted", [FILES, FILES[:1], FILES[:2]], ids=" ".join)
def test_what_is_put_after_it_was_deleted_is_in_the_file_that_is_there_then(outbox, deleted, caplog):
    outbox.put("a", machine("lost"))
    for name in deleted:
        outbox.path.with_name(name).unlink()
    outbox.put("a", machine("kept"))
    assert in_another_process(outbox.path) == ["kept"]
    assert names(outbox) == ["kept"]
    assert "was deleted or replaced; the file that is there now is used" in caplog.text
    outbox.close()
    assert integrity(outbox.path) == "ok"


def test_a_whole_folder_that_was_deleted_is_made_anew(tmp_path):
    with Outbox(tmp_path / "folder" / "owed.db") as outbox:
        outbox.put("a", machine("lost"))
        for path in outbox.path.parent.iterdir():
            path.unlink()
        outbox.path.parent.rmdir()
        outbox.put("a", machine("kept"))
        assert in_another_process(outbox.path) == ["kept"]


def test_one_that_was_replaced_is_used_and_the_log_of_the_old_one_is_not_mixed_with_it(outbox, tmp_path):
    with Outbox(tmp_path / "other.db") as other:
        for number in range(30):
            other.put("a", machine(f"other{number}"))
    for number in range(60):
        outbox.put("a", machine(f"mine{number}"))
    (tmp_path / "other.db").replace(outbox.path)
    assert len(names(outbox)) == 30
    outbox.put("a", machine("kept"))
    found = in_another_process(outbox.path)
    assert len(found) == 31
    assert "kept" in found
    outbox.close()
    assert integrity(outbox.path) == "ok"


@pytest.mark.parametrize("deleted", [FILES, FILES[:1], FILES[:2]], ids=" ".join)
def test_others_who_have_the_old_one_open_do_not_harm_the_new_one(outbox, deleted):
    program = (
        "import sys\nfrom newsdesk.machine import Machine\nfrom newsdesk.outbox import Outbox\n"
        "box = Outbox(sys.argv[1])\nbox.put('a', Machine(name='old'))\nprint('open', flush=True)\n"
        "sys.stdin.readline()\nbox.put('a', Machine(name='theirs'))\nprint('put', flush=True)\n"
        "sys.stdin.readline()\nbox.close()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", program, outbox.path], **pipes) as other:
        assert other.stdout.readline() == "open\n"
        for name in deleted:
            outbox.path.with_name(name).unlink()
        outbox.put("a", machine("mine"))
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.readline() == "put\n"
        other.stdin.close()
        assert other.wait(10) == 0
    outbox.put("a", machine("also mine"))
    outbox.close()
    assert names(outbox) == ["also mine", "mine", "theirs"]
    outbox.close()
    assert integrity(outbox.path) == "ok"


def test_what_is_put_while_it_is_replaced_is_put_again(outbox, monkeypatch):
    outbox.put("a", machine("before"))
    statements = []

    def replace(statement):
        statements.append(statement)
        if statement == "COMMIT" and statements.count("COMMIT") == 1:
            for name in FILES:
                outbox.path.with_name(name).unlink()

    outbox._database.read(lambda db: db.set_trace_callback(replace))
    outbox.put("a", machine("kept"))
    assert statements.count("COMMIT") == 1
    assert in_another_process(outbox.path) == ["kept"]


def test_one_that_is_replaced_again_and_again_is_an_error(outbox, monkeypatch):
    identities = iter(range(100))
    outbox.put("a", machine("before"))
    monkeypatch.setattr(file, "identity", lambda path: (0, next(identities)))
    with pytest.raises(
        OutboxError,
        match=r"p/m could not be kept for a: .* is replaced again and again: stop what replaces it",
    ):
        outbox.put("a", machine("m"))


def test_tickets_of_a_deleted_file_still_order_what_is_kept_in_the_new_one(outbox):
    old, new = (tickets["a"] for tickets in outbox.begin(["a"], [machine("m").key] * 2, lease=60))
    for name in FILES:
        outbox.path.with_name(name).unlink()
    newest = Machine(name="m", project_name="p", metadata={"n": 1})
    assert outbox.put("a", newest, ticket=new) == 1
    assert outbox.put("a", machine("m"), ticket=old) is None
    assert outbox.is_late(old)
    assert outbox.settle(machine("m"), old)
    outbox.end(new)
    assert outbox.counts() == {("a", State.OWED): 1}
    later = outbox.begin(["a"], [machine("m").key], lease=60)[0]["a"]
    assert outbox.settle(machine("m"), later)
    assert outbox.counts() == {}


def test_threads_go_on_while_it_is_deleted(outbox):
    """What was acknowledged after the last deletion is there, and nothing else is damaged."""
    stop, kept, errors = threading.Event(), [], []

    def put(slot):
        number = 0
        while not stop.is_set():
            number += 1
            try:
                outbox.put("a", machine(f"{slot}-{number}"))
            except OutboxError as error:
                errors.append(error)
            else:
                kept.append(f"{slot}-{number}")

    threads = [threading.Thread(target=put, args=(slot,)) for slot in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        before = len(kept)
        while len(kept) < before + 5:
            pass
        outbox.path.unlink()
    before = len(kept) + len(threads)  # those that are put just now may be told later
    while len(kept) < before + 10:
        pass
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(kept[before:]) <= set(names(outbox))
    outbox.close()
    assert integrity(outbox.path) == "ok"
