"""What a reporter knows of its caller's context variables, and what it must not know."""

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import newsdesk
import pytest
from newsdesk import BaseReporter, Desk, MachineKey, Retry, StoredMachine, TransientReporterError
from newsdesk.cli.executors import open_pool
from newsdesk.outbox import Outbox

BUILD = contextvars.ContextVar("the build that reports", default="none")
ONCE = Retry(attempts=1)


def machine(name="pump"):
    return {"name": name, "project_name": "plant"}


class Notes(BaseReporter):
    """Notes which build's context it runs in, and leaves a mark there."""

    def __init__(self):
        self.builds = {}

    def __deepcopy__(self, memo):
        return self

    def note(self, what):
        self.builds[str(what)] = BUILD.get()
        BUILD.set("a reporter's own")

    def prepare(self):
        self.note("prepare")

    def report(self, machine):
        self.note(machine.name)

    def ping(self):
        self.note("ping")

    def holds(self, keys):
        self.note("holds")
        return set()

    def fetch(self, name, project_name=None, revision=None):
        self.note("fetch")
        return newsdesk.Machine.of(machine(name))


class Bulk(Notes):
    """Takes machines together."""

    def report_many(self, machines):
        for each in machines:
            self.note(each.name)
            yield None


def within(build, call):
    """Call something in the context of a build."""

    def run():
        BUILD.set(build)
        return call()

    return contextvars.Context().run(run)


@pytest.mark.parametrize("reporter", [Notes, Bulk])
def test_a_reporter_has_the_context_of_who_reports(reporter):
    noted = reporter()
    with Desk(noted) as desk:
        within("first", lambda: desk.report(machine("one")))
        within("second", lambda: list(desk.report_many([machine("two"), machine("three")])))
        desk.report(machine("four"))
    assert noted.builds == {
        "prepare": "first",
        "one": "first",
        "two": "second",
        "three": noted.builds["three"],
        "four": "none",
    }
    assert noted.builds["three"] in ("second", "a reporter's own"), "those of one chunk share a context"
    assert BUILD.get() == "none"


def test_report_without_a_desk_hands_on_the_context_too():
    noted = Notes()
    within("the build", lambda: newsdesk.report(machine(), noted))
    assert noted.builds["pump"] == "the build"


@pytest.mark.parametrize(
    ("what", "ask"),
    [
        ("ping", lambda desk: desk.ping()),
        ("holds", lambda desk: desk.holds("Notes", [])),
        ("fetch", lambda desk: desk.fetch("Notes", "pump")),
    ],
)
def test_what_asks_a_backend_hands_on_the_context_too(what, ask):
    noted = Notes()
    with Desk(noted) as desk:
        within("the build", lambda: ask(desk))
    assert noted.builds[what] == "the build"


def test_two_callers_at_once_on_one_desk_see_only_their_own():
    meet = threading.Barrier(2)
    noted = Notes()
    with Desk(noted) as desk:

        def build(name):
            for number in range(50):
                meet.wait(60)
                within(name, lambda number=number: desk.report(machine(f"{name} {number}")))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(build, ["red", "blue"]))
    del noted.builds["prepare"]
    assert len(noted.builds) == 100
    assert all(name.partition(" ")[0] == build for name, build in noted.builds.items())


def test_each_attempt_has_the_context():
    class Flaky(BaseReporter):
        builds: ClassVar[list[str]] = []

        def report(self, machine):
            self.builds.append(BUILD.get())
            if len(self.builds) < 3:
                raise TransientReporterError("no")

    with Desk(Flaky(), retry=Retry(attempts=3, initial=0)) as desk:
        within("the build", lambda: desk.report(machine()))
    assert Flaky.builds == ["the build"] * 3


class Class(BaseReporter):
    """Notes for its class, since a worker has a copy."""

    builds: ClassVar[dict[str, str]] = {}

    def report(self, machine):
        self.builds[machine.name] = BUILD.get()


@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(2), lambda: open_pool(2, None)])
def test_threads_that_work_have_the_context_of_who_takes_the_receipts(make):
    Class.builds.clear()
    names = [f"m{number}" for number in range(20)]
    with make() as pool, Desk(Class()) as desk:
        executor = getattr(pool, "executor", pool)

        def deliver():
            return list(desk.report_many(map(machine, names), executor, chunk_size=3))

        within("warm", deliver)
        within("the build", deliver)
    assert Class.builds == dict.fromkeys(names, "the build")


def test_what_is_owed_is_sent_in_the_context_of_who_sends_it(tmp_path):
    noted = Notes()
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.put("Notes", newsdesk.Machine.of(machine("owed")))
    outbox.put("Notes", newsdesk.Machine.of(machine("along")))
    with outbox, Desk(noted, outbox=outbox, drain=1) as desk:
        within("sender", lambda: desk.report(machine()))
        within("other", lambda: list(desk.send_owed()))
    assert noted.builds["pump"] == noted.builds["owed"] == "sender"
    assert noted.builds["along"] == "other"


def test_a_listing_sets_a_context_variable_in_one_page_and_resets_it_in_another():
    class Lists(BaseReporter):
        ended: ClassVar[list[str]] = []

        def report(self, machine): ...

        def machines(self, *, all_revisions=False):
            token = BUILD.set("listing")
            try:
                for number in range(250):
                    assert BUILD.get() == "listing"
                    yield StoredMachine(key=MachineKey("plant", str(number)))
            finally:
                BUILD.reset(token)
                self.ended.append(BUILD.get())

    with Desk(Lists()) as desk:
        assert len(within("whole", lambda: list(desk.machines("Lists")))) == 250
        listing = within("part", lambda: desk.machines("Lists"))
        next(listing)
        listing.close()
        left = within("left", lambda: desk.machines("Lists"))
        next(left)
    assert Lists.ended == ["whole", "part", "left"]
