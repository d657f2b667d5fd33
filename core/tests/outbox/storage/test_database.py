"""The file below the outbox: who may read it, who may race for it, and what a fork does to it."""

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from newsdesk.outbox.storage.database import Database
from newsdesk.outbox.storage.faults import OutboxError
from newsdesk.outbox.storage.format import Format
from newsdesk.outbox.storage.reserve import Reserve

ROUNDS = 20

SCHEMA = ("CREATE TABLE t (a INTEGER)", "CREATE INDEX ta ON t (a)")

# What a program that has the file `owed.db` in its working folder begins with.
PRELUDE = f"""
import os, sqlite3, sys, threading, time
from pathlib import Path
from newsdesk.outbox.storage.database import Database
from newsdesk.outbox.storage.faults import OutboxError
from newsdesk.outbox.storage.format import Format
def database(path="owed.db"):
    return Database(Path(path).absolute(), Format({SCHEMA!r}, application=7, version=1))
def add(db, value):
    db.write(lambda c: c.execute("INSERT INTO t VALUES (?)", (value,)))
"""


def database(path, version=1, application=7):
    return Database(Path(path), Format(SCHEMA, application=application, version=version))


def add(db, value=1):
    db.write(lambda connection: connection.execute("INSERT INTO t VALUES (?)", (value,)))


def values(db):
    return sorted(db.read(lambda connection: [row[0] for row in connection.execute("SELECT a FROM t")]))


def pragma(db, name):
    return db.read(lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0])


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def program(code, cwd):
    return [sys.executable, "-W", "error", "-c", PRELUDE + textwrap.dedent(code)], {"cwd": cwd, "text": True}


def run(code, cwd):
    command, options = program(code, cwd)
    done = subprocess.run(command, **options, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def db(tmp_path):
    made = database(tmp_path / "owed.db")
    yield made
    made.close()


class TestFiles:
    def test_nothing_is_made_before_it_is_used(self, db):
        assert list(db.path.parent.iterdir()) == []

    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
    def test_all_files_are_for_their_owner_alone_and_so_is_a_new_folder(self, tmp_path, umask):
        before = os.umask(umask)
        try:
            with_log = database(tmp_path / "new" / "owed.db")
            add(with_log)
            modes = {path.name: mode(path) for path in (tmp_path / "new").iterdir()}
        finally:
            os.umask(before)
            with_log.close()
        assert modes == dict.fromkeys(["owed.db", "owed.db-wal", "owed.db-shm", "owed.db-reserve"], 0o600)
        assert mode(tmp_path / "new") == 0o700

    def test_the_mode_of_a_folder_that_was_there_is_left_alone(self, tmp_path):
        (tmp_path / "shared").mkdir()
        (tmp_path / "shared").chmod(0o755)
        made = database(tmp_path / "shared" / "owed.db")
        add(made)
        made.close()
        assert mode(tmp_path / "shared") == 0o755

    def test_several_new_folders_are_made_and_the_last_is_for_the_owner_alone(self, tmp_path):
        made = database(tmp_path / "a" / "b" / "owed.db")
        add(made)
        made.close()
        assert mode(tmp_path / "a" / "b") == 0o700

    @pytest.mark.parametrize(("kind", "told"), [("nfs4", 1), ("ext4", 0)])
    def test_one_that_other_computers_may_use_too_is_told_once(
        self, tmp_path, monkeypatch, caplog, kind, told
    ):
        (tmp_path / "mountinfo").write_text(f"1 2 0:3 / {tmp_path} rw - {kind} server:/x rw\n")
        monkeypatch.setattr("newsdesk.outbox.storage.mounts.MOUNTINFO", tmp_path / "mountinfo")
        made = database(tmp_path / "owed.db")
        for value in range(3):
            add(made, value)
            made.close()
        assert values(made) == [0, 1, 2], "a warning, and no more"
        made.close()
        warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert warned == told * [
            f"the outbox '{tmp_path}/owed.db' is on a file system (nfs4) that other computers may use too; if two "
            "of them do, or its locks fail, it is damaged and machines are lost: name a file on a disk of this "
            "computer"
        ]

    def test_a_name_with_characters_that_mean_something_in_an_address_is_a_name(self, tmp_path):
        made = database(tmp_path / "a?mode=memory#x%20 é.db")
        add(made)
        made.close()
        assert (tmp_path / "a?mode=memory#x%20 é.db").stat().st_size > 0

    def test_what_is_written_is_forced_to_the_disk(self, db):
        add(db)
        assert pragma(db, "synchronous") == 2
        assert pragma(db, "journal_mode") == "wal"

    def test_what_is_taken_out_gives_its_room_back(self, db):
        db.write(lambda c: c.executemany("INSERT INTO t VALUES (?)", [(2**60,)] * 200_000))
        large = db.path.stat().st_size
        db.write(lambda c: c.execute("DELETE FROM t"))
        db.shrink()
        assert pragma(db, "freelist_count") == 0
        assert db.path.stat().st_size < large / 10
        assert db.path.with_name("owed.db-wal").stat().st_size == 0


class TestRefusals:
    def test_a_file_that_is_no_database_is_told_as_damaged(self, db):
        db.path.write_bytes(b"not a database " * 1000)
        with pytest.raises(OutboxError) as told:
            add(db)
        assert str(told.value) == (
            f"the outbox {str(db.path)!r} cannot be written to: file is not a database; the file is damaged: move it "
            "away, and recover it with '.recover' of the sqlite3 program"
        )

    def test_the_database_of_another_program_is_left_alone(self, db):
        with sqlite3.connect(db.path) as other:
            other.execute("CREATE TABLE theirs (a)")
        other.close()
        before = db.path.read_bytes()[100:]
        with pytest.raises(OutboxError) as told:
            add(db)
        assert str(told.value) == (
            f"{str(db.path)!r} is a SQLite file, but not an outbox: name another file, which is made when it is needed"
        )
        assert db.path.read_bytes()[100:] == before

    def test_a_file_of_a_newer_newsdesk_is_refused(self, tmp_path):
        newer = database(tmp_path / "owed.db", version=2)
        add(newer)
        newer.close()
        older = database(tmp_path / "owed.db")
        with pytest.raises(OutboxError) as told:
            add(older)
        assert str(told.value) == (
            f"the outbox {str(older.path)!r} was made by a newer newsdesk (format 2, this one knows 1): upgrade newsdesk, "
            "or name another file"
        )

    def test_a_folder_in_the_place_of_the_file_is_told(self, db):
        db.path.mkdir()
        with pytest.raises(OutboxError, match=r"is a folder: name a file, which is made when it is needed"):
            add(db)

    def test_the_root_folder_is_told_as_another_is(self):
        with pytest.raises(OutboxError, match=r"the outbox '/' is a folder: name a file"):
            add(database(Path("/")))

    def test_a_pipe_in_the_place_of_the_file_is_refused(self, db):
        os.mkfifo(db.path)
        with pytest.raises(OutboxError, match=r"is not a regular file: name a file, which is made when"):
            add(db)

    def test_a_file_in_the_place_of_the_folder_is_told(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(
            OutboxError, match=r"check that this user may write to the file and to its folder"
        ):
            add(database(tmp_path / "file" / "owed.db"))

    def test_a_file_of_an_older_newsdesk_is_refused(self, tmp_path):
        older = database(tmp_path / "owed.db")
        add(older)
        older.close()
        newer = database(tmp_path / "owed.db", version=2)
        with pytest.raises(OutboxError) as told:
            add(newer)
        assert str(told.value) == (
            f"the outbox {str(newer.path)!r} was made by an older newsdesk (format 1, this one knows 2): send what it "
            "owes with 'newsdesk outbox send' of the older one, then remove the file; or name another file"
        )

    @pytest.mark.parametrize("is_new", [False, True])
    def test_one_that_another_process_holds_too_long_is_an_error(self, db, is_new):
        if not is_new:
            add(db)
            db.close()
        other = sqlite3.connect(db.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER)")
        with pytest.raises(
            OutboxError,
            match=r"written to: it has been locked for 0.2 seconds; another process holds it: find out which",
        ):
            db.write(lambda c: c.execute("INSERT INTO t VALUES (1)"), within=0.2)
        other.execute("ROLLBACK")
        other.close()
        add(db)

    def test_one_that_another_thread_uses_too_long_is_an_error(self, db):
        add(db)
        inside, go = threading.Event(), threading.Event()
        thread = threading.Thread(target=lambda: db.read(lambda _: (inside.set(), go.wait())))
        thread.start()
        inside.wait()
        with pytest.raises(
            OutboxError, match=r"cannot be written to: another thread has used it for 0.05 seconds$"
        ):
            db.write(lambda c: c.execute("INSERT INTO t VALUES (1)"), within=0.05)
        go.set()
        thread.join()
        add(db)

    def test_one_that_another_process_holds_is_in_no_other_files_way(self, db, tmp_path):
        other, waits = database(tmp_path / "other.db"), threading.Event()
        add(db), add(other)
        holder = sqlite3.connect(db.path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")

        def write():
            waits.set()
            add(db)

        thread = threading.Thread(target=write)  # it waits for 30 s
        thread.start()
        assert waits.wait(60)
        time.sleep(0.3)
        other.write(lambda c: c.execute("INSERT INTO t VALUES (1)"), within=5)
        holder.execute("ROLLBACK")
        thread.join()
        other.close(), holder.close()

    def test_what_fails_half_way_leaves_nothing(self, db):
        def half(connection):
            connection.execute("INSERT INTO t VALUES (1)")
            raise KeyError("a fault")

        with pytest.raises(KeyError):
            db.write(half)
        add(db, 2)
        assert values(db) == [2]


class TestMany:
    def test_many_processes_may_race_to_make_the_file(self, tmp_path):
        racing = f"""
            begin = float(sys.stdin.readline())
            for round_ in range({ROUNDS}):
                while time.monotonic() < begin + round_ * 0.05:
                    pass
                db = database(f"{{round_}}.db")
                add(db, int(sys.argv[1]))
                db.close()
        """
        command, options = program(racing, tmp_path)
        pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
        racers = [subprocess.Popen([*command, str(n)], **options, **pipes) for n in range(6)]
        begin = f"{time.monotonic() + 1}\n"
        for racer in racers:
            racer.stdin.write(begin)
            racer.stdin.flush()
        assert [(racer.communicate(timeout=60)[1], racer.returncode) for racer in racers] == [("", 0)] * 6
        for round_ in range(ROUNDS):
            made = database(tmp_path / f"{round_}.db")
            assert values(made) == list(range(6))
            assert pragma(made, "auto_vacuum") == 2
            made.close()

    def test_threads_may_share_one(self, db):
        threads = [
            threading.Thread(target=lambda n=n: [add(db, n * 100 + i) for i in range(20)]) for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert values(db) == sorted(n * 100 + i for n in range(8) for i in range(20))

    def test_a_second_one_in_the_process_does_not_drop_the_locks_of_the_first(self, tmp_path):
        """A file that is opened and closed once more loses its locks, and then another process deletes the log."""
        told = run(
            """
            import subprocess
            first = database(); add(first, 1)
            second = database(); add(second, 2); second.close()
            other = "import sqlite3; c = sqlite3.connect('owed.db'); c.execute('SELECT * FROM t').fetchall(); c.close()"
            subprocess.run([sys.executable, "-c", other], check=True)
            add(first, 3)
            print(os.path.exists("owed.db-wal"))
            other = "import sqlite3; c = sqlite3.connect('owed.db'); print(c.execute('SELECT a FROM t').fetchall())"
            sys.stdout.flush()
            subprocess.run([sys.executable, "-W", "ignore", "-c", other], check=True)
            first.close()
            """,
            tmp_path,
        )
        assert told == "True\n[(1,), (2,), (3,)]\n"


class TestForks:
    def test_a_child_loses_nothing_when_its_parent_closes_the_file(self, tmp_path):
        told = run(
            """
            db = database(); add(db, 0)
            ready, go = os.pipe(), os.pipe()
            if os.fork() == 0:
                add(db, 1); os.write(ready[1], b"x"); os.read(go[0], 1)
                add(db, 2)
                os._exit(0)
            os.read(ready[0], 1)
            db.close()
            os.write(go[1], b"x")
            os.wait()
            print(db.read(lambda c: [row[0] for row in c.execute("SELECT a FROM t")]))
            db.close()
            """,
            tmp_path,
        )
        assert told == "[0, 1, 2]\n"

    def test_a_child_that_forks_itself_can_use_it_in_all_its_threads(self, tmp_path):
        told = run(
            """
            db = database(); add(db, 0)
            if os.fork() == 0:
                if os.fork() == 0:
                    add(db, 1)
                    os._exit(0)
                os.wait()
                thread = threading.Thread(target=lambda: db.write(lambda c: c.execute("INSERT INTO t VALUES (2)"), within=5))
                thread.start(); thread.join()
                os._exit(0)
            os.wait()
            print(db.read(lambda c: [row[0] for row in c.execute("SELECT a FROM t")]))
            db.close()
            """,
            tmp_path,
        )
        assert told == "[0, 1, 2]\n"

    def test_a_fork_in_the_middle_of_another_threads_write_waits_for_it(self, tmp_path):
        told = run(
            """
            import warnings
            warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks beside threads: that is the case here
            db = database(); add(db, 0)
            inside = threading.Event()
            def slow(c):
                c.execute("INSERT INTO t VALUES (1)"); inside.set(); time.sleep(0.3)
            thread = threading.Thread(target=db.write, args=(slow,)); thread.start()
            inside.wait()
            if os.fork() == 0:
                add(db, 2)
                os._exit(0)
            status = os.wait()[1]
            thread.join()
            print(status, db.read(lambda c: [row[0] for row in c.execute("SELECT a FROM t")]))
            db.close()
            """,
            tmp_path,
        )
        assert told == "0 [0, 1, 2]\n"

    def test_a_fork_that_was_interrupted_while_it_waited_for_a_thread_does_not_hang_the_child(self, tmp_path):
        told = run(
            """
            import signal, warnings
            warnings.simplefilter("ignore", DeprecationWarning)  # as above
            sys.unraisablehook = lambda _: None  # Python shows what its hooks for forks raise, and goes on
            db = database(); add(db, 0)
            inside, go = threading.Event(), threading.Event()
            thread = threading.Thread(target=db.read, args=(lambda c: (inside.set(), go.wait()),)); thread.start()
            inside.wait()
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            if os.fork() == 0:
                try:
                    db.write(lambda c: None, within=5)
                except OutboxError as error:
                    os.write(1, str(error).partition(" in the child")[0].encode() + b"\\n")
                os._exit(0)
            os.wait()
            go.set()
            thread.join()
            add(db, 1)
            db.close()
            """,
            tmp_path,
        )
        assert "was open in a process that forked without Python's knowledge" in told

    def test_forks_while_threads_use_it_neither_hang_nor_lose_anything(self, tmp_path):
        told = run(
            """
            import warnings
            warnings.simplefilter("ignore", DeprecationWarning)  # as above
            db = database(); add(db, 0)
            stop, added = threading.Event(), []
            def use(slot):
                number = 0
                while not stop.is_set():
                    number += 1
                    add(db, 1000 * slot + number)
                    added.append(1000 * slot + number)
                    db.close() if number % 5 == 0 else None
            threads = [threading.Thread(target=use, args=(slot,)) for slot in (1, 2, 3)]
            for thread in threads: thread.start()
            for number in range(1, 61):
                if os.fork() == 0:
                    add(db, -number)
                    os._exit(0)
            statuses = [os.wait()[1] for _ in range(60)]
            stop.set()
            for thread in threads: thread.join()
            found = db.read(lambda c: [row[0] for row in c.execute("SELECT a FROM t")])
            print(set(statuses), sorted(found) == sorted([*range(-60, 1), *added]))
            db.close()
            """,
            tmp_path,
        )
        assert told == "{0} True\n"

    @pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="calls fork() past Python by the C library's name"
    )
    def test_a_child_that_was_forked_past_python_is_refused(self, tmp_path):
        told = run(
            """
            import ctypes
            db = database(); add(db, 0)
            if ctypes.PyDLL(None).fork() == 0:
                try:
                    add(db, 1)
                except OutboxError as error:
                    os.write(1, str(error).replace(os.getcwd() + "/", "").encode())
                os._exit(0)
            os.wait()
            db.close()
            """,
            tmp_path,
        )
        assert told == (
            "the outbox 'owed.db' was open in a process that forked without Python's knowledge, and must not be used in the "
            "child; close the desk before such a fork"
        )

    def test_a_process_that_ends_without_closing_it_leaves_no_log_and_no_warning(self, tmp_path):
        run(
            "from newsdesk.outbox import Outbox\nbox = Outbox('owed.db')\nbox.counts()\nprint('used')",
            tmp_path,
        )
        assert sorted(path.name for path in tmp_path.iterdir()) == ["owed.db", "owed.db-reserve"]


class TestReserve:
    def test_it_takes_its_room_and_gives_it_back(self, tmp_path):
        reserve = Reserve(tmp_path / "reserve", size=1 << 20)
        reserve.keep()
        reserve.keep()
        status = reserve.path.stat()
        assert (status.st_size, stat.S_IMODE(status.st_mode)) == (1 << 20, 0o600)
        assert status.st_blocks * 512 >= 1 << 20
        reserve.give_up()
        reserve.give_up()
        assert not reserve.is_kept

    def test_a_system_that_cannot_reserve_room_writes_it(self, tmp_path, monkeypatch):
        monkeypatch.delattr(os, "posix_fallocate")
        reserve = Reserve(tmp_path / "reserve", size=2 << 20)
        reserve.keep()
        assert reserve.path.stat().st_blocks * 512 >= 2 << 20

    def test_where_there_is_no_room_there_is_none_and_nothing_is_left(self, tmp_path):
        reserve = Reserve(tmp_path / "reserve", size=1 << 60)
        reserve.keep()
        assert not reserve.is_kept
