"""A Ctrl-C at any moment leaves no transaction open, no lock held, and nothing lost that was acknowledged.

`NEWSDESK_INTERRUPTS` sets how often a real process is interrupted, `NEWSDESK_SEED` when.
"""

import dis
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest
from newsdesk import objectstore, outbox
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox
from newsdesk.outbox.objects.outbox import ObjectOutbox

INTERRUPTS = int(os.environ.get("NEWSDESK_INTERRUPTS", "30"))
SEED = os.environ.get("NEWSDESK_SEED", "1")
OURS = tuple(str(Path(chapter.__file__).parent) for chapter in (outbox, objectstore))
MEMORY = Path("/dev/shm")
"""A folder where forcing to the disk costs nothing, if there is one."""

# Where Python looks for signals: after a call, where a function begins, and where a loop goes back.
CHECKED = ("CALL", "RESUME", "JUMP_BACKWARD")


def machine(name, revision=0):
    return Machine(name=name, project_name="p", metadata={"n": revision})


class Interrupt:
    """Raises what a Ctrl-C raises at one of the places in our code where Python looks for it."""

    def __init__(self, at):
        self.left = at
        self.before = {}

    def __enter__(self):
        sys.settrace(self.trace)

    def __exit__(self, *_):
        sys.settrace(None)
        for frame in self.before:  # it refers to this, which would keep its files open
            frame.f_trace = None
        self.before.clear()

    def trace(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        frame.f_trace_opcodes = True
        if event == "exception":  # a call that fails looks for no signal
            self.before[frame] = ""
        if event == "opcode":
            last = self.before.get(frame, "")
            self.before[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if last.startswith(CHECKED):
                self.left -= 1
                if self.left == 0:
                    raise KeyboardInterrupt
        return self.trace


def put(outbox, number):
    outbox.put("a", machine(f"m{number}"))


def put_again(outbox, number):
    outbox.put("a", machine("first", number))


def report(outbox, number):
    [tickets] = outbox.begin(["a"], [machine("first").key], lease=60)
    outbox.settle(machine("first", number), tickets["a"])
    outbox.put("a", machine("first"))


def send(outbox, number):
    for entry in outbox.claim(["a"], lease=0):
        outbox.load(entry)
        outbox.release(entry, error="down", pause=0)


def used_by_another_thread(outbox):
    told = []

    def use():
        told.append(outbox.is_late(outbox.begin(["b"], [machine("x").key], lease=0, within=0.5)[0]["b"]))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return told == [False]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="knows where this version looks for signals")
@pytest.mark.parametrize("act", [put, put_again, report, send])
def test_wherever_python_is_interrupted_others_go_on_and_nothing_is_lost(tmp_path, act):
    outbox = Outbox(tmp_path / "owed.db")
    outbox.put("a", machine("first"))
    others = sqlite3.connect(outbox.path, isolation_level=None, timeout=0)
    acknowledged, number, interrupted = {"first"}, 0, True
    while interrupted:
        number += 1
        try:
            with Interrupt(number):
                act(outbox, number)
                interrupted = False
                acknowledged.add(f"m{number}" if act is put else "first")
        except KeyboardInterrupt:
            interrupted = True
        others.execute("BEGIN IMMEDIATE")  # an error at once, if a transaction were open
        others.execute("ROLLBACK")
        assert used_by_another_thread(outbox)
    others.close()
    assert number > 50, "it was interrupted in many places"
    assert {entry.key.name for entry in outbox.entries()} >= acknowledged - (
        {"first"} if act is report else set()
    )
    outbox.close()


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="knows where this version looks for signals")
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # a file that Python then closes
def test_wherever_the_first_use_is_interrupted_the_next_one_works(tmp_path):
    number, interrupted, outboxes = 0, True, []
    while interrupted:
        number += 3
        outbox = Outbox(tmp_path / f"{number}" / "owed.db")
        outboxes.append(outbox)  # or its end would be interrupted
        try:
            with Interrupt(number):
                outbox.put("a", machine("m"))
                interrupted = False
        except KeyboardInterrupt:
            interrupted = True
        assert used_by_another_thread(outbox)
        outbox.close()
    assert number > 50


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="knows where this version looks for signals")
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # a file that Python then closes
@pytest.mark.parametrize("act", [put, put_again, report, send])
def test_wherever_python_is_interrupted_objects_are_whole_and_not_locked(tmp_path, act):
    number, interrupted = 0, True
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        while interrupted:
            number += 5
            place = f"file://{folder}/{number}"
            used = ObjectOutbox(place)
            used.put("a", machine("first"))
            try:
                with Interrupt(number):
                    act(used, number)
                    interrupted = False
            except KeyboardInterrupt:
                interrupted = True
            others = ObjectOutbox(place)
            kept = {entry.key.name for entry in others.entries()}
            assert kept >= ({"first"} if interrupted and act is not report else set()), number
            for each in (used, others):
                assert used_by_another_thread(each)
                each.put("a", machine("first", 9))
            found = [entry for entry in others.entries() if entry.key.name == "first"]
            newest = max(found, key=lambda entry: entry.number)
            assert others.load(newest) == machine("first", 9)
    assert number > 100, "it was interrupted in many places"


# One process that is interrupted again and again, and lives on; others that write meanwhile.
PROGRAM = """
import json, os, random, signal, sys, time
from pathlib import Path
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox

def append(name, line):
    descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode() + b"\\n")
    os.close(descriptor)

def write(slot):
    outbox = Outbox("owed.db")
    number = 0
    while True:
        number += 1
        name = f"{slot}-{number}"
        try:
            [tickets] = outbox.begin(["a"], [Machine(name=name).key], lease=60)
            outbox.put("a", Machine(name=name), ticket=tickets["a"])
            append("acknowledged", name)
            for entry in outbox.claim(["a"], lease=60):
                outbox.release(entry, error="down", pause=0)
        except KeyboardInterrupt:
            append("interrupted", name)
        except Exception as error:
            append("errors", f"{slot}: {type(error).__name__}: {error}")

def start(slot):
    pid = os.fork()
    if pid == 0:
        if slot != "victim":
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            write(slot)
        except BaseException as error:
            append("errors", f"{slot}: {type(error).__name__}: {error}")
        os._exit(1)
    return pid

def count(name, slot=""):
    return sum(line.startswith(slot) for line in Path(name).read_text().splitlines()) if Path(name).exists() else 0

times, rng = int(sys.argv[1]), random.Random(int(sys.argv[2]))
running = {slot: start(slot) for slot in ("victim", "a", "b", "c")}
while count("acknowledged", "victim") < 1:
    time.sleep(0.01)
stuck = []
for number in range(times):
    time.sleep(rng.uniform(0, 0.02))
    before = {slot: count("acknowledged", slot) for slot in "abc"}
    os.kill(running["victim"], signal.SIGINT)
    end = time.monotonic() + 20
    while any(count("acknowledged", slot) <= before[slot] for slot in "abc"):
        if time.monotonic() > end:
            stuck.append(number)
            break
        time.sleep(0.002)
for pid in running.values():
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
kept = {entry.key.name for entry in Outbox("owed.db").entries()}
acknowledged = Path("acknowledged").read_text().split()
print(json.dumps({
    "acknowledged": len(acknowledged),
    "interrupted": count("interrupted"),
    "by the victim": count("acknowledged", "victim"),
    "stuck": stuck,
    "lost": sorted(set(acknowledged) - kept),
    "errors": Path("errors").read_text().splitlines() if Path("errors").exists() else [],
}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its writers")
@pytest.mark.timeout(60 + INTERRUPTS)
def test_a_process_that_is_interrupted_and_lives_on_holds_nobody_up(tmp_path, record_testsuite_property):
    (tmp_path / "program.py").write_text(textwrap.dedent(PROGRAM))
    done = subprocess.run(
        [sys.executable, "program.py", str(INTERRUPTS), SEED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    record_testsuite_property("interrupts", told)
    assert (told["stuck"], told["lost"], told["errors"]) == ([], [], [])
    assert min(told["interrupted"], told["by the victim"]) > 0


SENDER = """
import json, sys
from pathlib import Path
from newsdesk.machine import Machine
from newsdesk.outbox.places import outbox_at

outbox = outbox_at(sys.argv[2])
[entry] = outbox.claim(["a"], lease=0.2)
print("claimed", flush=True)
sys.stdin.readline()
record = outbox.load(entry) if sys.argv[1] == "load" else Machine(name="m", project_name="p", metadata={"n": 0})
Path("backend").write_text(json.dumps(record.metadata))
print(outbox.delivered(entry), flush=True)
"""


@pytest.mark.parametrize("kind", ["sqlite", "folder"], indirect=True)
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="the system cannot stop a process")
def test_a_sender_that_is_stopped_past_its_lease_and_goes_on_is_found_out(outbox, tmp_path):
    """It writes the older revision over the newer one, which is sent once more."""
    outbox.put("a", machine("m", 0))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        [sys.executable, "-c", SENDER, "kept", outbox.place], cwd=tmp_path, **pipes
    ) as sender:
        assert sender.stdout.readline() == "claimed\n"
        sender.send_signal(signal.SIGSTOP)
        while outbox.counts() != {("a", "owed"): 1}:  # its lease is over
            pass
        [tickets] = outbox.begin(["a"], [machine("m").key], lease=60)
        (tmp_path / "backend").write_text(json.dumps({"n": 1}))
        assert outbox.settle(machine("m", 1), tickets["a"])
        assert outbox.claim(["a"], lease=60) == [], "the newer one is delivered, and waits for the sender"
        sender.send_signal(signal.SIGCONT)
        sender.stdin.write("\n")
        sender.stdin.flush()
        assert sender.stdout.readline() == "False\n", "it is late"
    assert json.loads((tmp_path / "backend").read_text()) == {"n": 0}
    [again] = outbox.claim(["a"], lease=60)
    (tmp_path / "backend").write_text(json.dumps(outbox.load(again).metadata))
    assert outbox.delivered(again)
    assert json.loads((tmp_path / "backend").read_text()) == {"n": 1}
    assert outbox.counts() == {}
