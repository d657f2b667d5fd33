"""Whatever overlaps, fails, hangs, is cut or killed: in the end the backend holds the newest revision.

`NEWSDESK_ORDER` sets how many examples are run: of 50 steps each by hypothesis, and of three that overlap.
"""

import itertools
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from newsdesk.machine import Machine
from newsdesk.outbox import Bounds, Entry, Outbox, State, Ticket
from newsdesk.outbox.rows.tickets import FORGOTTEN

from core.tests.outbox.kinds import set_processes
from core.tests.outbox.memory import MemoryOutbox, MemoryStore

EXAMPLES = int(os.environ.get("NEWSDESK_ORDER", "60"))
LEASE = 600.0
MOST = 4
"""Reports between two rests: a fault shows in the newest alone, so many hide it."""
MEMORY = Path("/dev/shm")
"""A folder where forcing to the disk costs nothing, if there is one."""


@dataclass
class Sending:
    """A report or a claim of a process that is in flight: it may write as long as it is there."""

    process: str
    number: int
    name: str
    revision: int
    ticket: Ticket | None = None
    entry: Entry | None = None
    has_written: bool = False
    is_left: bool = False
    """Whether nobody waits for it any more, though it may write."""


@dataclass
class Processes:
    """The processes as one of them sees them; `gone` is shared by all."""

    name: str
    gone: set[str] = field(default_factory=set)

    def own(self):
        return self.name

    def is_gone(self, process):
        return process in self.gone


def machine(name, revision):
    return Machine(name=name, project_name="p", metadata={"n": revision})


class Scene:
    """Three processes that share an outbox, a backend that keeps what was written last, and what was promised."""

    def __init__(self, kind):
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.store = MemoryStore() if kind == "memory" else None
        self.gone = set()
        self.born = 0
        self.names = {}
        """The process of each outbox."""
        self.outboxes = [self.start() for _ in range(3)]
        self.sending = []
        self.backend = {}
        """What it holds of each machine: revision and number."""
        self.promised = {}
        """By machine, the revision of each number that was delivered or is owed."""
        self.delivered = {}
        """By machine, the numbers that were delivered."""
        self.passed = 0.0
        self.patch = pytest.MonkeyPatch()
        now = time.monotonic
        self.patch.setattr(time, "monotonic", lambda: now() + self.passed)
        wall = time.time
        self.patch.setattr(time, "time", lambda: wall() + self.passed)

    def start(self):
        self.born += 1
        if self.store is None:
            outbox = Outbox(Path(self.folder.name) / "owed.db", Bounds(attempts=3))
        else:
            outbox = MemoryOutbox(self.store, Bounds(attempts=3))
        self.names[outbox] = f"process {self.born}"
        set_processes(outbox, Processes(self.names[outbox], self.gone))
        return outbox

    def close(self):
        self.patch.undo()
        for outbox in self.outboxes:
            outbox.close()
        self.folder.cleanup()

    def outbox_of(self, sending):
        [outbox] = [box for box in self.outboxes if self.names[box] == sending.process]
        return outbox

    def has(self, state):
        return any(found is state for _, found in self.outboxes[0].counts())

    def promise(self, sending, *, delivered=False):
        self.promised.setdefault(sending.name, {})[sending.number] = sending.revision
        if delivered:
            self.delivered.setdefault(sending.name, {})[sending.number] = sending.revision

    def has_newer(self, promises, sending):
        return max(promises.get(sending.name, [0])) > sending.number

    def begin(self, process, name, revisions):
        outbox = self.outboxes[process]
        keys = [machine(name, revision).key for revision in revisions]
        begun = [
            Sending(self.names[outbox], tickets["a"].number, name, revision, tickets["a"])
            for tickets, revision in zip(outbox.begin(["a"], keys, lease=LEASE), revisions, strict=True)
        ]
        self.sending += begun
        return begun

    def put_at_once(self, process, name, revision):
        outbox = self.outboxes[process]
        id_ = outbox.put("a", machine(name, revision))
        [entry] = [entry for entry in outbox.entries() if entry.id == id_]
        self.promise(Sending("", entry.number, name, revision))

    def write(self, sending):
        sending.has_written = True
        self.backend[sending.name] = (sending.revision, sending.number)

    def settle(self, sending, *, running=False):
        record = machine(sending.name, sending.revision)
        if not self.outbox_of(sending).settle(record, sending.ticket, running=running):
            assert self.has_newer(self.delivered, sending)
        self.promise(sending, delivered=True)
        self.leave(sending, running=running)

    def put(self, sending, *, running=False):
        record = machine(sending.name, sending.revision)
        kept = self.outbox_of(sending).put("a", record, ticket=sending.ticket, running=running)
        if kept is None:
            assert self.has_newer(self.promised, sending)
        else:
            self.promise(sending)
        self.leave(sending, running=running)

    def leave(self, sending, *, running):
        sending.is_left = running
        if not running:
            self.sending.remove(sending)

    def end(self, sending):
        self.sending.remove(sending)
        self.outbox_of(sending).end(sending.ticket)

    def give_up_if_late(self, sending):
        if self.outbox_of(sending).is_late(sending.ticket):
            assert self.has_newer(self.promised, sending)
            self.end(sending)

    def claim(self, process, lease=LEASE, limit=1):
        outbox = self.outboxes[process]
        claimed = [
            Sending(
                self.names[outbox],
                entry.number,
                entry.key.name,
                outbox.load(entry).metadata["n"],
                entry=entry,
            )
            for entry in outbox.claim(["a"], lease=lease, limit=limit)
        ]
        self.sending += claimed
        return claimed

    def deliver(self, sending, *, running=False):
        self.outbox_of(sending).delivered(sending.entry, running=running)
        self.promise(sending, delivered=True)
        self.leave(sending, running=running)

    def release(self, sending, *, counts=True, running=False):
        outbox = self.outbox_of(sending)
        outbox.release(sending.entry, error="down", pause=0, counts=counts, running=running)
        self.leave(sending, running=running)

    def bury(self, sending):
        self.sending.remove(sending)
        self.outbox_of(sending).bury(sending.entry, error="refused")

    def kill(self, process, *, is_seen):
        """One ends at once; in another container, that is not seen."""
        outbox = self.outboxes[process]
        outbox.close()
        if is_seen:
            self.gone.add(self.names[outbox])
        self.sending = [s for s in self.sending if s.process != self.names[outbox]]
        self.outboxes[process] = self.start()

    def come_to_rest(self):
        """Nothing is in flight any more, and all that is owed is sent."""
        for sending in [s for s in self.sending if s.entry is None]:
            self.end(sending)
        for process in range(3):
            self.kill(process, is_seen=True)
        self.passed += LEASE + FORGOTTEN + 1
        outbox = self.outboxes[0]
        outbox.claim([], lease=LEASE)
        outbox.requeue()
        # In an object store, only a claim finds those whose sender is gone; by that, one may die.
        while (entries := outbox.claim(["a"], lease=LEASE)) or outbox.requeue():
            for entry in entries:
                self.backend[entry.key.name] = (outbox.load(entry).metadata["n"], entry.number)
                outbox.delivered(entry)
        assert outbox.counts() == {}
        for name, revisions in self.promised.items():
            newest = max(revisions)
            revision, number = self.backend[name]
            # Or what is newer, though it was not acknowledged.
            assert revision == revisions[newest] or number > newest, (name, newest, revisions, self.backend)


class Order(RuleBasedStateMachine):
    """Anything at any time."""

    processes = st.integers(0, 2)
    names = st.sampled_from(["m"] * 9 + ["n"])
    revisions = st.integers(0, 3)
    which = st.integers(0, 20)

    kind = "sqlite"

    def __init__(self):
        super().__init__()
        self.scene = Scene(self.kind)
        self.begun = 0

    def teardown(self):
        try:
            self.scene.come_to_rest()
        finally:
            self.scene.close()

    def reports(self):
        return [s for s in self.scene.sending if s.entry is None]

    def claims(self):
        return [s for s in self.scene.sending if s.entry is not None and not s.is_left]

    @precondition(lambda self: self.begun < MOST)
    @rule(process=processes, name=names, revisions=st.lists(revisions, min_size=1, max_size=2))
    def begin(self, process, name, revisions):
        self.begun += len(revisions)
        self.scene.begin(process, name, revisions)

    @precondition(lambda self: self.begun < MOST)
    @rule(process=processes, name=names, revision=revisions)
    def put_at_once(self, process, name, revision):
        self.begun += 1
        self.scene.put_at_once(process, name, revision)

    @precondition(lambda self: self.scene.sending)
    @rule(which=which)
    def write(self, which):
        self.scene.write(self.scene.sending[which % len(self.scene.sending)])

    @precondition(lambda self: self.reports())
    @rule(which=which, how=st.sampled_from(["settle", "settle", "late", "put", "end"]), running=st.booleans())
    def finish_a_report(self, which, how, running):
        sending = self.reports()[which % len(self.reports())]
        if sending.is_left:
            how = "settle" if how == "settle" else "end"
        if how == "settle":
            if not sending.has_written:
                self.scene.write(sending)
            self.scene.settle(sending, running=running and not sending.is_left)
        elif how == "late":
            self.scene.give_up_if_late(sending)
        elif how == "end":
            self.scene.end(sending)
        else:
            self.scene.put(sending, running=running)

    @precondition(lambda self: self.scene.has(State.OWED))
    @rule(process=processes, lease=st.sampled_from([0.0, LEASE, LEASE]), limit=st.integers(1, 2))
    def claim(self, process, lease, limit):
        self.scene.claim(process, lease, limit)

    @precondition(lambda self: self.scene.has(State.OWED))
    @rule(process=processes, revision=revisions, meanwhile=st.sampled_from(["nothing", "report", "put"]))
    def deliver_under_a_claim(self, process, revision, meanwhile):
        """By chance alone, few claims live until their delivery; meanwhile another process may report."""
        for sending in self.scene.claim(process):
            self.scene.write(sending)
            if meanwhile != "nothing":
                self.begun += 1
                [report] = self.scene.begin((process + 1) % 3, sending.name, [revision])
                if meanwhile == "report":
                    self.scene.write(report)
                    self.scene.settle(report)
                else:
                    self.scene.put(report)
            self.scene.deliver(sending)

    @precondition(lambda self: self.claims())
    @rule(
        which=which,
        how=st.sampled_from(["deliver", "deliver", "release", "cut", "bury"]),
        running=st.booleans(),
    )
    def finish_a_claim(self, which, how, running):
        sending = self.claims()[which % len(self.claims())]
        if how == "deliver":
            if not sending.has_written:
                self.scene.write(sending)
            self.scene.deliver(sending, running=running)
        elif how == "bury":
            self.scene.bury(sending)
        else:
            self.scene.release(sending, counts=how != "cut", running=running)

    @precondition(lambda self: self.scene.sending)
    @rule(process=processes, how=st.sampled_from(["killed", "killed elsewhere", "expired", "requeued"]))
    def disturb(self, process, how):
        if how == "expired":
            self.scene.passed += LEASE
        elif how == "requeued":
            self.scene.outboxes[process].requeue()
        else:
            self.scene.kill(process, is_seen=how == "killed")

    @precondition(lambda self: self.begun >= MOST)
    @rule()
    def come_to_rest(self):
        self.begun = 0
        self.scene.come_to_rest()


class OrderOfObjects(Order):
    """The same for an outbox of objects."""

    kind = "memory"


TestOrder = Order.TestCase
TestOrderOfObjects = OrderOfObjects.TestCase
TestOrderOfObjects.pytestmark = [pytest.mark.large]
TestOrder.settings = TestOrderOfObjects.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


# What one can do, step by step.
REPORTS = [
    ("begin", "write", "settle"),
    ("begin", "write", "put"),
    ("begin", "write", "end"),
    ("begin", "write", "kill"),
    ("begin", "leave", "write", "end"),
]
SENDERS = [
    ("claim", "write", "deliver"),
    ("claim", "write", "release"),
    ("claim", "write", "kill"),
    ("claim", "release and leave", "write"),
    ("claim for no time", "write", "deliver"),
    ("owe", "claim", "write", "deliver"),
    ("owe", "claim for no time", "write", "deliver"),
]


def play(actors, order, kind):
    """Let actors take their steps in an order, each in a process of its own, and see what the backend ends with."""
    scene = Scene(kind)
    at_work = {}
    try:
        scene.put_at_once(0, "m", 0)
        steps = [iter(actor) for actor in actors]
        for actor in order:
            step = next(steps[actor])
            if step == "begin":
                [at_work[actor]] = scene.begin(actor, "m", [actor + 1])
            elif step == "owe":
                scene.put_at_once(actor, "m", actor + 1)
            elif step.startswith("claim"):
                claimed = scene.claim(actor, 0.0 if step == "claim for no time" else LEASE)
                at_work[actor] = claimed[0] if claimed else None
            elif at_work[actor] is not None:
                act(scene, at_work[actor], actor, step)
        scene.come_to_rest()
    finally:
        scene.close()


def act(scene, sending, actor, step):
    if step == "kill":
        scene.kill(actor, is_seen=True)
    elif step == "leave":
        scene.put(sending, running=True)
    elif step == "release and leave":
        scene.release(sending, running=True)
    else:
        getattr(scene, step)(sending)


def orders(*counts):
    """Give all orders in which actors can take so many steps each."""
    return sorted(set(itertools.permutations([actor for actor, n in enumerate(counts) for _ in range(n)])))


of_both_kinds = pytest.mark.parametrize("kind", ["sqlite", "memory"], indirect=True)


@pytest.mark.parametrize("first", REPORTS + SENDERS, ids="-".join)
@of_both_kinds
def test_two_that_overlap_in_every_way(first, kind):
    actors = REPORTS + SENDERS
    for second in actors[actors.index(first) :]:
        for order in orders(len(first), len(second)):
            play((first, second), order, kind)


@of_both_kinds
def test_three_that_overlap_in_some_ways(kind):
    chance = random.Random(1)
    for _ in range(10 * EXAMPLES):
        actors = [chance.choice(REPORTS), chance.choice(REPORTS + SENDERS), chance.choice(SENDERS)]
        order = [actor for actor, steps in enumerate(actors) for _ in steps]
        chance.shuffle(order)
        play(actors, order, kind)
