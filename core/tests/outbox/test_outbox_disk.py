"""The outbox and the disk: what is forced to it, and what happens when it is full."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox, OutboxError, State

PUTS = 50


def machine(name, size=0):
    return Machine(name=name, project_name="p", metadata={"text": os.urandom(size // 2).hex()})


def send_all(outbox):
    sent = 0
    while entries := outbox.claim(["a"], lease=60):
        for entry in entries:
            assert outbox.load(entry).key == entry.key
            outbox.delivered(entry)
            sent += 1
    return sent


def fill(outbox, size):
    """Put records until one is refused; give how many were kept, and the error."""
    for number in range(10_000):
        try:
            outbox.put("a", machine(f"m{number}", size))
        except OutboxError as error:
            return number, error
    raise AssertionError("the disk was never full")


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "box" / "owed.db") as made:
        yield made


class TestForcedToTheDisk:
    @pytest.fixture
    def strace(self):
        path = shutil.which("strace")
        if path is None:
            pytest.skip("strace, which sees the calls of the system, is not installed")
        if subprocess.run([path, "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
            pytest.skip("strace is not allowed to trace here")
        return path

    def test_each_put_is_forced_once_before_it_is_acknowledged(self, strace, tmp_path):
        program = f"""
            import os
            from newsdesk.machine import Machine
            from newsdesk.outbox import Outbox
            outbox = Outbox("owed.db")
            outbox.counts()
            os.write(1, b"begun")
            for n in range({PUTS}):
                outbox.put("a", Machine(name=str(n), metadata={{"text": "x" * 1000}}))
                os.write(1, b"acknowledged")
            os._exit(0)
        """
        command = [strace, "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", "trace"]
        subprocess.run(
            [*command, sys.executable, "-c", textwrap.dedent(program)],
            cwd=tmp_path,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        begun = False
        syncs, counts = 0, []
        for line in (tmp_path / "trace").read_text().splitlines():
            begun |= '"begun"' in line
            syncs += begun and re.search(r"f(data)?sync\(\d+<.*owed\.db-wal>", line) is not None
            if '"acknowledged"' in line:
                counts.append(syncs)
                syncs = 0
        # So few are not yet written back from the log, which would be forced as well.
        assert counts == [1] * PUTS

    def test_each_put_is_one_transaction_of_a_connection_that_forces_it(self, outbox):
        """The same where calls of the system cannot be seen: SQLite forces each COMMIT of such a connection."""
        statements = []
        outbox._database.read(lambda db: db.set_trace_callback(statements.append))
        for number in range(PUTS):
            outbox.put("a", machine(str(number)))
        assert statements.count("COMMIT") == statements.count("BEGIN IMMEDIATE") == PUTS
        pragmas = [("synchronous", 2), ("journal_mode", "wal"), ("fullfsync", 1)]
        for name, value in pragmas:
            told = outbox._database.read(lambda db, name=name: db.execute(f"PRAGMA {name}").fetchone()[0])
            assert told == value

    def test_a_put_of_what_is_owed_already_writes_no_record(self, outbox):
        outbox.put("a", machine("m", 100_000))
        pages = outbox._database.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        statements = []
        outbox._database.read(lambda db: db.set_trace_callback(statements.append))
        outbox.put("a", next(iter([outbox.load(entry) for entry in outbox.entries()])))
        assert not [statement for statement in statements if statement.startswith("INSERT INTO records")]
        assert outbox._database.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0]) == pages

    def test_a_report_that_owes_nothing_forces_nothing(self, outbox):
        """It begins and ends in the outbox, and a loss of power ends it as well."""
        outbox.counts()
        statements = []
        outbox._database.read(lambda db: db.set_trace_callback(statements.append))
        [tickets] = outbox.begin(["a"], [machine("m").key], lease=60)
        assert outbox.settle(machine("m"), tickets["a"])
        assert {statement for statement in statements if "synchronous" in statement} == {
            "PRAGMA synchronous=NORMAL"
        }

    def test_a_report_that_settles_what_was_owed_forces_it(self, outbox):
        [tickets] = outbox.begin(["a"], [machine("m").key], lease=60)
        outbox.put("a", machine("m"), ticket=tickets["a"])
        [tickets] = outbox.begin(["a"], [machine("m").key], lease=60)
        statements = []
        outbox._database.read(lambda db: db.set_trace_callback(statements.append))
        assert outbox.settle(machine("m"), tickets["a"])
        assert statements[-1] == "COMMIT"
        assert [line for line in statements if "synchronous" in line][-1] == "PRAGMA synchronous=FULL"


class TestFullFile:
    """SQLite is given a number of pages: what it then says is what it says on a full disk."""

    @pytest.fixture
    def limited(self, outbox):
        outbox.put("a", machine("first"))
        pages = outbox._database.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        outbox._database.read(lambda db: db.execute(f"PRAGMA max_page_count={pages + 40}").fetchone())
        return outbox

    def test_what_cannot_be_kept_is_named(self, limited):
        with pytest.raises(OutboxError) as told:
            limited.put("a", machine("large", 300_000))
        assert str(told.value) == (
            f"p/large could not be kept for a: the outbox {str(limited.path)!r} cannot be written to: database or disk is "
            "full; free space on its disk, or send what is owed with 'newsdesk outbox send'"
        )
        assert isinstance(told.value.__cause__.__cause__, sqlite3.OperationalError)

    def test_what_was_kept_before_is_still_there_and_a_smaller_one_may_follow(self, limited):
        with pytest.raises(OutboxError):
            limited.put("a", machine("large", 300_000))
        limited.put("a", machine("small"))
        assert [entry.key.name for entry in limited.entries()] == ["first", "small"]

    def test_a_put_never_takes_the_reserve(self, limited):
        fill(limited, 10_000)
        assert limited._database.reserve.is_kept

    def test_what_is_owed_can_be_sent_and_then_there_is_room(self, limited):
        kept, _ = fill(limited, 10_000)
        assert send_all(limited) == kept + 1
        limited.put("a", machine("again", 10_000))
        assert limited.counts() == {("a", State.OWED): 1}


class TestFullDisk:
    """A real disk of a few megabytes."""

    @pytest.fixture
    def disk(self, tmp_path):
        folder = tmp_path / "disk"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "newsdesk-test", str(folder)]
        if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("only root may make a small disk")
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("making a small disk is not allowed here")
        yield folder
        subprocess.run(["umount", str(folder)], check=True)

    @pytest.fixture
    def box(self, disk):
        with Outbox(disk / "box" / "owed.db") as made:
            yield made

    @pytest.mark.parametrize("size", [3_000, 1_000_000])
    def test_what_cannot_be_kept_is_named_and_all_else_can_be_sent(self, box, disk, size):
        kept, error = fill(box, size)
        assert str(error).startswith(
            f"p/m{kept} could not be kept for a: the outbox {str(box.path)!r} cannot be "
        )
        assert str(error).endswith("free space on its disk, or send what is owed with 'newsdesk outbox send'")
        with pytest.raises(OSError, match="No space left"):  # somebody else takes all that is left
            (disk / "other").write_bytes(bytes(30 << 20))
        assert send_all(box) == kept

    def test_the_reserve_is_given_up_and_made_again_when_there_is_room(self, box, disk):
        kept, _ = fill(box, 3_000)
        box.close()  # the log goes, and a new one needs room
        with pytest.raises(OSError, match="No space left"):
            (disk / "other").write_bytes(bytes(30 << 20))
        assert box._database.reserve.is_kept
        [entry] = box.claim(["a"], lease=60)
        assert not box._database.reserve.is_kept
        box.delivered(entry)
        (disk / "other").unlink()
        assert send_all(box) == kept - 1
        box.shrink()
        assert box._database.reserve.is_kept
        box.put("a", machine("again", 3_000))

    def test_another_process_can_send_what_is_on_a_disk_with_hardly_any_room(self, box, disk):
        """Its log has to be made anew, and the reserve was given up by somebody else."""
        kept, _ = fill(box, 3_000)
        box.close()
        box._database.reserve.give_up()
        (disk / "other").write_bytes(bytes(shutil.disk_usage(disk).free - (1 << 20)))
        with Outbox(box.path) as other:
            assert send_all(other) == kept

    def test_an_outbox_that_cannot_even_be_made_is_a_clear_error(self, disk):
        with pytest.raises(OSError, match="No space left"):
            (disk / "other").write_bytes(bytes(30 << 20))
        with Outbox(disk / "box" / "owed.db") as box, pytest.raises(OutboxError) as told:
            box.put("a", machine("m"))
        assert str(told.value).startswith("p/m could not be kept for a: the outbox ")
        assert str(told.value).endswith(
            "free space on its disk, or send what is owed with 'newsdesk outbox send'"
        )
