"""A damaged file ends every use in an `OutboxError` or in a result, and in bounded time, wherever the damage is.

`NEWSDESK_FLIPS` sets how many files are damaged of each kind, `NEWSDESK_SEED` where.
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys

import pytest
from newsdesk.machine import Machine
from newsdesk.outbox import Bounds, Outbox, OutboxError, State

FLIPS = int(os.environ.get("NEWSDESK_FLIPS", "60"))
SEED = int(os.environ.get("NEWSDESK_SEED", "1"))
STEPS = 20
"""Looks at an operation that seems to go on for ever: fewer than usual, so that the tests are quick."""


def machine(name, **others):
    return Machine(name=name, project_name="p", metadata={"text": "x" * 300, **others})


def fill(outbox):
    """Put entries in all states, with tickets, so that each table and index has several pages."""
    for number in range(40):
        outbox.put("a" if number % 3 else "b", machine(f"m{number}"), error="down")
    for entry in outbox.claim(["a"], lease=60, limit=8):
        outbox.bury(entry, error="refused") if entry.id % 2 else None
    outbox.put("a", machine("large", large="y" * 40_000))
    for _ in range(6):
        keys = [machine(f"s{number}").key for number in range(8)]
        older = outbox.begin(["a"], keys, lease=60)
    newer = outbox.begin(["a"], keys, lease=60)
    outbox.settle(machine("s1"), newer[1]["a"])
    return [older[0]["a"], newer[2]["a"]]


def uses(outbox, tickets):
    """Give all that can be done with an outbox."""
    older, newer = tickets
    claimed = []

    def claim():
        claimed.extend(outbox.claim(["a", "b"], lease=0, limit=3))

    def work(act):
        return lambda: act(claimed.pop()) if claimed else None

    return {
        "counts": outbox.counts,
        "entries": lambda: list(outbox.entries()),
        "dead": lambda: list(outbox.entries(State.DEAD)),
        "totals": outbox.totals,
        "load": lambda: [outbox.load(entry) for entry in outbox.entries()],
        "claim": claim,
        "delivered": work(outbox.delivered),
        "release": work(lambda entry: outbox.release(entry, error="down", pause=0)),
        "bury": work(lambda entry: outbox.bury(entry, error="refused")),
        "begin": lambda: outbox.begin(["a"], [machine("m1").key], lease=60),
        "is_late": lambda: outbox.is_late(older),
        "put": lambda: outbox.put("a", machine("new"), ticket=older),
        "put anew": lambda: outbox.put("a", machine("m1", n=1)),
        "settle": lambda: outbox.settle(machine("s2"), newer),
        "end": lambda: outbox.end(older),
        "requeue": outbox.requeue,
        "prune": lambda: outbox.prune(dead_for=0),
        "probe": outbox.probe,
        "shrink": outbox.shrink,
    }


def use(path, tickets):
    """Do all of it; give how many ended in an error of ours."""
    failed = 0
    with Outbox(path, Bounds(max_bytes=10**7, max_age=10**6)) as outbox:
        for act in uses(outbox, tickets).values():
            try:
                act()
            except OutboxError:
                failed += 1
    return failed


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("newsdesk.outbox.storage.database.STEPS", STEPS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The content of a sound outbox, and tickets of it."""
    path = tmp_path_factory.mktemp("whole") / "owed.db"
    with Outbox(path) as outbox:
        tickets = fill(outbox)
    return path.read_bytes(), tickets


def test_a_sound_one_fails_nowhere(whole, tmp_path):
    content, tickets = whole
    (tmp_path / "owed.db").write_bytes(content)
    assert use(tmp_path / "owed.db", tickets) == 0


@pytest.mark.timeout(120 + FLIPS)
@pytest.mark.parametrize("kind", ["bit", "byte", "pointer", "page"])
def test_damage_anywhere_is_an_error_or_harmless(whole, tmp_path, kind):
    """Every use of every damaged file comes to an end, and with no other error."""
    content, tickets = whole
    chance = random.Random(f"{SEED} {kind}")
    failed = []
    for number in range(FLIPS):
        damaged = bytearray(content)
        damage(damaged, kind, chance)
        path = tmp_path / f"{number}" / "owed.db"
        path.parent.mkdir()
        path.write_bytes(damaged)
        failed.append(use(path, tickets))
        shutil.rmtree(path.parent)
    assert any(failed), "some damage is seen"


def damage(content, kind, chance):
    """Damage a file: flip a bit, replace a byte, let one page point to another, or replace a page by another."""
    place = chance.randrange(len(content))
    pages = len(content) // 4096
    if kind == "bit":
        content[place] ^= 1 << chance.randrange(8)
    elif kind == "byte":
        content[place] = chance.randrange(256)
    elif kind == "pointer":
        # Where interior pages and the chains of long records have the numbers of other pages.
        page = 4096 * chance.randrange(1, pages)
        at = page + chance.choice([0, 8, *range(4096 - 80, 4092, 4)])
        content[at : at + 4] = chance.randrange(1, pages + 1).to_bytes(4, "big")
    else:
        one, other = (4096 * chance.randrange(1, pages) for _ in range(2))
        content[one : one + 4096] = content[other : other + 4096]


@pytest.mark.parametrize("size", [0, 1, 16, 99, 100, 512, 4095, 4096, 4097, 8192, 20_000])
def test_a_file_that_was_cut_off_is_an_error_or_a_new_one(whole, tmp_path, size):
    content, tickets = whole
    (tmp_path / "owed.db").write_bytes(content[:size])
    failed = use(tmp_path / "owed.db", tickets)
    assert (failed == 0) == (size <= 1), "SQLite takes one byte for none, and an empty file becomes an outbox"


@pytest.mark.parametrize("content", [bytes(8192), b"\xff" * 8192, b"x" * 50], ids=["zeros", "ones", "short"])
def test_what_is_not_a_database_is_an_error_of_each_use(whole, tmp_path, content):
    (tmp_path / "owed.db").write_bytes(content)
    _, tickets = whole
    everything = len(uses(Outbox(tmp_path / "owed.db"), tickets))
    harmless = ["delivered", "release", "bury", "shrink"]  # nothing was claimed; nothing depends on shrinking
    assert use(tmp_path / "owed.db", tickets) == everything - len(harmless)


HOLDER = """
import os, sys
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox
outbox = Outbox("owed.db")
for number in range(60):
    outbox.put("a", Machine(name=f"held{number}", metadata={"text": "z" * 300}))
print("held", flush=True)
sys.stdin.read()
os._exit(0)
"""


@contextlib.contextmanager
def held(folder):
    """Let another process have the outbox open, so that its log and the memory shared with it are there."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLDER], cwd=folder, **pipes) as holder:
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.stdin.close()


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_damaged_log_is_an_error_or_harmless(whole, tmp_path, suffix):
    content, tickets = whole
    chance = random.Random(f"{SEED} {suffix}")
    with_log = {}
    (tmp_path / "owed.db").write_bytes(content)
    with held(tmp_path):
        for name in ("owed.db", "owed.db-wal", "owed.db-shm"):
            with_log[name] = (tmp_path / name).read_bytes()
    for number in range(FLIPS // 2):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        for name, kept in with_log.items():
            damaged = bytearray(kept)
            if name.endswith(suffix):
                for _ in range(4):
                    damage(damaged, "bit", chance)
            (folder / name).write_bytes(damaged)
        use(folder / "owed.db", tickets)
        shutil.rmtree(folder)


def test_shared_memory_that_is_damaged_while_others_use_it_is_an_error_or_harmless(whole, tmp_path):
    content, tickets = whole
    chance = random.Random(SEED)
    for number in range(3):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        (folder / "owed.db").write_bytes(content)
        with held(folder):
            for _ in range(FLIPS // 6):
                with (folder / "owed.db-shm").open("r+b") as shared:
                    shared.seek(chance.randrange(1024))
                    shared.write(bytes([chance.randrange(256)]))
                use(folder / "owed.db", tickets)


def test_entries_that_go_in_a_circle_come_to_an_end(whole, tmp_path):
    """Reading goes on behind the last entry that was read; where that leads back, it would never end."""
    content, _ = whole
    (tmp_path / "owed.db").write_bytes(content)
    with Outbox(tmp_path / "owed.db") as outbox:
        assert len(list(outbox.entries())) > 40
        root = outbox._database.read(
            lambda db: db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries'").fetchone()[0]
        )
    damaged = bytearray(content)
    page = 4096 * (root - 1)
    assert damaged[page] == 5, "an interior page of a table"
    cell = int.from_bytes(damaged[page + 12 : page + 14], "big")
    first = damaged[page + cell : page + cell + 4]
    damaged[page + 8 : page + 12] = first  # the last child is the first one again
    (tmp_path / "owed.db").write_bytes(damaged)
    with Outbox(tmp_path / "owed.db") as outbox, pytest.raises(OutboxError, match="a table without an order"):
        list(outbox.entries())


def test_an_operation_that_goes_on_for_ever_is_ended(whole, tmp_path):
    content, _ = whole
    (tmp_path / "owed.db").write_bytes(content)
    endless = "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"
    with Outbox(tmp_path / "owed.db") as outbox:
        with pytest.raises(OutboxError, match="cannot be read: interrupted; the file is damaged"):
            outbox._database.read(lambda db: db.execute(endless).fetchone())
        assert outbox.counts()
