"""No step gets slower with what an outbox holds: each statement finds its rows by an index."""

import sqlite3

import pytest
from newsdesk.machine import Machine
from newsdesk.outbox import Bounds, Outbox


def machine(name, revision=0):
    return Machine(name=name, project_name="p", metadata={"n": revision})


class OthersAreGone:
    """All processes but this one are gone."""

    def own(self):
        return "this one"

    def is_gone(self, process):
        return process != "this one"


def each_step(outbox):
    """Do all that a report or a sender does."""
    for revision in range(2):
        old, new = outbox.begin(["a"], [machine("m").key] * 2, lease=60)
        outbox.is_late(old["a"])
        outbox.put("a", machine("m", revision), ticket=old["a"])
        outbox.put("a", machine("m", revision))
        outbox.settle(machine("m", 7), new["a"])
        outbox.end(old["a"])
    for name in "abcd":
        outbox.put("a", machine(name))
    first, second, third, fourth = outbox.claim(["a"], lease=60, limit=4, due_by=1e12, run="run")
    outbox.load(first)
    outbox.delivered(first)
    outbox.release(second, error="down", pause=0)
    outbox.bury(third, error="refused")
    outbox.release(fourth, error="hung", pause=0, running=True)
    outbox.claim(["a"], lease=0, limit=2)
    outbox.claim(["a"], lease=60)
    outbox.put("a", machine("gone"))
    outbox.claim(["a"], lease=60)
    outbox._store.processes = OthersAreGone()
    outbox.claim(["a"], lease=60)
    outbox.probe()
    outbox.prune(dead_for=0)


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "owed.db", Bounds(max_bytes=10**9, max_age=10**6)) as made:
        yield made


def test_every_statement_of_every_step_uses_an_index(outbox):
    statements = set()
    outbox._database.read(lambda db: db.set_trace_callback(statements.add))
    each_step(outbox)
    kinds = ("SELECT", "UPDATE", "DELETE", "INSERT")
    wanted = [statement for statement in statements if statement.lstrip().startswith(kinds)]
    assert len(wanted) > 30
    plans = {
        statement: [row[3] for row in outbox._database.read(lambda db, s=statement: explained(db, s))]
        for statement in wanted
    }
    slow = {
        statement: plan
        for statement, plan in plans.items()
        if any(step.startswith("SCAN") and "CONSTANT" not in step for step in plan)
        or any("TEMP B-TREE" in step for step in plan)
    }
    assert slow == {}


def explained(db: sqlite3.Connection, statement):
    return db.execute("EXPLAIN QUERY PLAN " + statement.replace(" Inf", " 9e999")).fetchall()


@pytest.fixture
def instructions(outbox, monkeypatch):
    """Count tens of instructions of SQLite's virtual machine while something is done: seconds say little."""
    from newsdesk.outbox.storage import database

    def count(act):
        looks = iter(range(10**9))
        monkeypatch.setattr(database, "STEP", 10)
        monkeypatch.setattr(database, "STEPS", 10**9)
        monkeypatch.setattr(database.itertools, "repeat", lambda *_: (0 for _ in looks))
        act()
        monkeypatch.undo()
        return next(looks)

    return count


@pytest.mark.parametrize("state", ["owed", "dead", "of the machine"])
def test_a_step_does_as_much_among_many_as_among_few(outbox, instructions, state):
    def step():
        [tickets] = outbox.begin(["a"], [machine("busy").key], lease=60)
        outbox.put("a", machine("busy"), ticket=tickets["a"])
        [entry] = outbox.claim(["a"], lease=60)
        outbox.release(entry, error="down", pause=0)
        [tickets] = outbox.begin(["a"], [machine("busy").key], lease=60)
        outbox.settle(machine("busy", 1), tickets["a"])

    step()
    few = instructions(step)
    grow(outbox, state, 3000)
    many = instructions(step)
    assert 0 < many < 2 * few


def grow(outbox, state, count):
    """Add entries behind the outbox's back: those of the machine are newer, or they would be settled."""

    def work(db):
        for number in range(count):
            name = b"busy" if state == "of the machine" else b"n%d" % number
            db.execute(
                "INSERT INTO entries (number, label, project_name, name, revision, size, state, created, due) "
                "VALUES (?, x'61', x'70', ?, 'x', 0, ?, 1e10, 1e10)",
                (1 << 60, name, "owed" if state == "owed" else "dead"),
            )

    outbox._database.write(work)
