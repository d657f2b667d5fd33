"""A fleet spools to one bucket while processes are killed and the store stops: nothing acknowledged is lost."""

import collections
import json
import random
import subprocess
import sys
import time

import pytest
from newsdesk.outbox import State
from newsdesk.outbox.objects.outbox import ObjectOutbox

from core.tests.outbox.kinds import HAS_SERVERS
from core.tests.stores import S3, Azure, azurite, serve

AT_ONCE = 12
"""Reporting processes that live at the same time, at most."""
REVISIONS = 4
"""Of each machine that a process reports."""

pytestmark = [
    pytest.mark.stores,
    pytest.mark.skipif(not HAS_SERVERS, reason="obstore or moto is not installed; see nox -s objects"),
]

COMMON = """
import json, os, sys, time
from newsdesk.machine import Machine
from newsdesk.objectstore import remote
from newsdesk.outbox import OutboxError
from newsdesk.outbox.objects.outbox import ObjectOutbox

place, folder, latency = json.loads(sys.argv[1]), sys.argv[2], float(sys.argv[3])
for name in ("get", "put", "create", "replace", "delete", "list"):
    def slow(self, *args, real=getattr(remote.RemoteStore, name)):
        time.sleep(latency)
        return real(self, *args)
    setattr(remote.RemoteStore, name, slow)
outbox = ObjectOutbox(*place)

def note(file, **what):
    what = json.dumps({**what, "time": time.monotonic(), "process": os.getpid()}) + "\\n"
    descriptor = os.open(os.path.join(folder, file), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, what.encode())
    os.close(descriptor)
"""

REPORTER = (
    COMMON
    + """
names, revisions = sys.argv[4].split(","), int(sys.argv[5])
for revision in range(revisions):
    for name in names:
        machine = Machine(name=name, project_name="p", metadata={"n": revision, "by": os.getpid()})
        for _ in range(50):
            begun = time.monotonic()
            try:
                [tickets] = outbox.begin(["a"], [machine.key], lease=2)
                id_ = outbox.put("a", machine, ticket=tickets["a"])
            except OutboxError as error:
                note("refused", name=name, error=str(error))
                time.sleep(0.2)
            else:
                seconds = time.monotonic() - begun
                note("kept", name=name, number=tickets["a"].number, id=id_, seconds=seconds, n=revision)
                break
"""
)

SENDER = (
    COMMON
    + """
from newsdesk.contract.answer import Answer
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.outbox.sender import Sender

def deliver(label, machine, until):
    note("sent", name=machine.name, what="begins", record=machine.metadata)
    time.sleep(0.002)
    note("sent", name=machine.name, what="ends", record=machine.metadata)
    return Answer(Receipt(machine.key, machine.revision, label, Status.DELIVERED))

while not os.path.exists(os.path.join(folder, "over")):
    try:
        sent = list(Sender(outbox, deliver, deadline=1.0).send(["a"], until=float("inf")))
        time.sleep(0.05 if sent else 0.3)
    except OutboxError as error:
        note("refused", name="", error=str(error))
        time.sleep(0.2)
"""
)


def stop_for_a_while(server):
    """Stop a store and start it again; one that keeps its objects in memory is only paused."""
    server.pause() if isinstance(server, S3) else server.stop()
    time.sleep(1.0)
    server.resume() if isinstance(server, S3) else server.start()


def notes(folder, file):
    path = folder / file
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.timeout(580)
@pytest.mark.parametrize(
    ("fleet", "count", "latency"), [(8, 2, 0.005), pytest.param(200, 8, 0.05, marks=pytest.mark.large)]
)
def test_nothing_is_lost_or_sent_under_two_claims_while_processes_are_killed(fleet, count, latency, tmp_path):
    """Of a fleet of reporting processes, and some senders; each request takes some seconds more."""
    server = serve(Azure if azurite() else S3, tmp_path)
    url, options = server.bucket() + "/outbox", server.options()
    place, chance, everyone = json.dumps([url, options]), random.Random(1), []

    def start(program, *arguments):
        command = [sys.executable, "-c", program, place, str(tmp_path), str(latency), *map(str, arguments)]
        with (tmp_path / "errors").open("ab") as errors:
            everyone.append(subprocess.Popen(command, stderr=errors))
        return everyone[-1]

    short = SENDER.replace("while not", "import newsdesk.outbox.sender as s; s.LEASE_MARGIN = 2.0\nwhile not")
    begun = time.monotonic()
    senders = [start(short) for _ in range(count)]
    waiting = [f"m{chance.randrange(fleet // 2)},n{number}" for number in range(fleet)]
    alive, killed, stops = [], 0, 0
    try:
        while waiting or alive:
            alive = [process for process in alive if process.poll() is None]
            while waiting and len(alive) < min(AT_ONCE, fleet // 2):
                alive.append(start(REPORTER, waiting.pop(), REVISIONS))
            time.sleep(0.1)
            if alive and chance.random() < 0.06:
                chance.choice(alive).kill()
                killed += 1
            if chance.random() < 0.03:
                victim = chance.randrange(count)
                senders[victim].kill()
                killed += 1
                senders[victim] = start(short)
            if stops < 2 and len(notes(tmp_path, "kept")) > fleet * REVISIONS * (stops + 1) // 2:
                stops += 1
                stop_for_a_while(server)
        reported = time.monotonic()
        outbox = ObjectOutbox(url, options)
        end = time.monotonic() + 300
        while any(state in (State.OWED, State.CLAIMED) for _, state in outbox.counts()):
            assert time.monotonic() < end, outbox.counts()
            time.sleep(0.5)
        drained = time.monotonic()
    finally:
        (tmp_path / "over").touch()
        for process in everyone:
            process.wait(30)
        server.stop()
    kept, sent = notes(tmp_path, "kept"), notes(tmp_path, "sent")
    assert "Traceback" not in (tmp_path / "errors").read_text()
    assert kept
    expect_all_sent(kept, sent)
    expect_one_at_a_time(sent)
    ends = sum(each["what"] == "ends" for each in sent)
    print(  # noqa: T201  (the figures of the trial)
        f"{fleet} processes, {killed} killed, {stops} stops of the store, {len(kept)} kept in "
        f"{reported - begun:.0f} s, {ends} sent, drained {drained - reported:.0f} s after the last report, "
        f"{len(notes(tmp_path, 'refused'))} refused, median report "
        f"{sorted(each['seconds'] for each in kept)[len(kept) // 2]:.3f} s"
    )


def expect_all_sent(kept, sent):
    """Of each machine, the newest that was acknowledged is what was sent last, or something newer is."""
    newest, last, numbers = {}, {}, {}
    for each in kept:
        numbers[each["name"], each["process"], each["n"]] = each["number"]
        if each["id"] is not None:
            newest[each["name"]] = max(newest.get(each["name"], 0), each["number"])
    for each in sent:
        if each["what"] == "ends":
            last[each["name"]] = each["record"]
    for name, number in newest.items():
        assert name in last, f"{name} was acknowledged, and never sent"
        # One that was not acknowledged has no number here; it may only be newer, since it replaced this one.
        assert numbers.get((name, last[name]["by"], last[name]["n"]), number) >= number, (
            name,
            number,
            last[name],
        )


def expect_one_at_a_time(sent):
    """Two sends of a machine overlap only where the first process did not live to end its own."""
    by_name = collections.defaultdict(list)
    for each in sent:
        by_name[each["name"]].append(each)
    for name, events in by_name.items():
        at_work = None
        for event in sorted(events, key=lambda each: each["time"]):
            if event["what"] == "ends":
                assert event["process"] == at_work, (name, events)
                at_work = None
            else:
                at_work = event["process"]
