"""Producers and senders are killed at any moment; nothing that was acknowledged is lost, and nothing sent twice at once.

`NEWSDESK_KILLS` sets how many are killed, `NEWSDESK_SEED` when and which.
"""

import json
import os
import subprocess
import sys
import textwrap

import pytest

KILLS = int(os.environ.get("NEWSDESK_KILLS", "150"))
SEED = os.environ.get("NEWSDESK_SEED", "1")

# One process that forks the others, so that each of them starts within a millisecond.
NURSERY = """
import collections, fcntl, json, os, random, signal, sqlite3, sys, time
from pathlib import Path
from newsdesk.builtin.files import FilesReporter
from newsdesk.machine import Machine
from newsdesk.outbox import Bounds, Outbox, State

LEASE, MACHINES = 1.0, 60
kills, rng = int(sys.argv[1]), random.Random(int(sys.argv[2]))
outbox = Outbox("box/owed.db", Bounds(attempts=10**9))
backend = FilesReporter("backend")

def append(name, line):
    descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)

def produce(slot):
    while True:
        number = time.monotonic_ns()
        name = f"m{slot}-{number % MACHINES}"
        outbox.put("files", Machine(name=name, metadata={"n": number, "text": "x" * 3000}))
        append("acknowledged", f"{name} {number}\\n")
        time.sleep(0.002)

def report(slot):
    # Others report the same machines; the record tells its place in the order.
    while True:
        name = f"r{rng.randrange(5)}"
        [tickets] = outbox.begin(["files"], [Machine(name=name).key], lease=LEASE)
        ticket = tickets["files"]
        machine = Machine(name=name, metadata={"n": ticket.number})
        if rng.random() < 0.7:
            backend.report(machine)
            outbox.settle(machine, ticket)
        else:
            outbox.put("files", machine, ticket=ticket)
        append("acknowledged", f"{name} {ticket.number}\\n")
        append("reported", f"{name}\\n")
        time.sleep(0.002)

def deliver(entry, lease_end):
    lock = os.open(f"lock-{entry.key.name}", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if time.monotonic() < float(os.pread(lock, 100, 0) or 0):  # whoever has it, still has its claim
            append("violations", f"{entry}\\n")
        os.close(lock)
        return
    os.pwrite(lock, f"{lease_end:030}".encode(), 0)
    backend.report(outbox.load(entry))
    os.close(lock)  # before others may have the entry
    # What is kept since something older was in flight is sent once more.
    if outbox.delivered(entry) and entry.id not in {kept.id for kept in outbox.entries()}:
        append("delivered", f"{entry.id}\\n")

def send(slot):
    while True:
        began = time.monotonic()
        for entry in outbox.claim(["files"], lease=LEASE):
            deliver(entry, began + LEASE)
        time.sleep(0.001)

def prune(slot):
    while True:
        outbox.prune(dead_for=0)
        time.sleep(0.005)

def start(work, slot):
    pid = os.fork()
    if pid == 0:
        rng.seed(os.getpid())
        try:
            work(slot)
        except BaseException as error:
            append("errors", f"{type(error).__name__}: {error}\\n")
        finally:
            os._exit(1)
    return pid

roles = [(produce, 0), (produce, 1), (report, 0), (report, 1), (send, 0), (send, 1), (prune, 0)]
running = {start(*role): role for role in roles}
for _ in range(kills):
    time.sleep(rng.uniform(0.005, 0.05))
    pid = rng.choice(list(running))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    role = running.pop(pid)
    running[start(*role)] = role
for pid in running:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

left = list(outbox.entries(State.OWED, State.CLAIMED))
while outbox.counts():
    for entry in outbox.claim(["files"], lease=LEASE):
        backend.report(outbox.load(entry))
        outbox.delivered(entry)
outbox.close()

newest = {}
for line in Path("acknowledged").read_text().splitlines():
    name, number = line.split()
    newest[name] = max(newest.get(name, 0), int(number))
files = {path.stem: json.loads(path.read_bytes())["metadata"]["n"] for path in Path("backend").rglob("*.json")}
lines = lambda name: Path(name).read_text().splitlines() if Path(name).exists() else []
print(json.dumps({
    "acknowledged": len(lines("acknowledged")),
    "delivered": len(lines("delivered")),
    "reported": len(lines("reported")),
    "left": len(left),
    "errors": lines("errors"),
    "violations": lines("violations"),
    "twice": [i for i, n in collections.Counter(lines("delivered")).items() if n > 1],
    "lost": {name: [number, files.get(name)] for name, number in newest.items() if files.get(name, 0) < number},
    "integrity": sqlite3.connect("box/owed.db").execute("PRAGMA integrity_check").fetchone()[0],
}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its producers and senders")
@pytest.mark.timeout(60 + KILLS)
def test_what_was_acknowledged_is_delivered_however_often_somebody_is_killed(
    tmp_path, record_testsuite_property
):
    (tmp_path / "nursery.py").write_text(textwrap.dedent(NURSERY))
    done = subprocess.run(
        [sys.executable, "nursery.py", str(KILLS), SEED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    record_testsuite_property("kills", {"kills": KILLS, **told})
    assert (told["lost"], told["violations"], told["twice"], told["errors"]) == ({}, [], [], [])
    assert told["integrity"] == "ok"
    assert min(told["acknowledged"], told["delivered"], told["reported"]) > 0
