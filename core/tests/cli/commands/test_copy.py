"""`newsdesk copy`: records from one backend to another; each that is listed has a receipt."""

import json
import sys
from pathlib import Path

import pytest

LEDGER = """
    import dataclasses
    import itertools
    import time
    from datetime import UTC, datetime, timedelta
    from pathlib import Path

    from newsdesk import (
        BaseReporter, Delivery, Machine, MachineDoesNotExist, PermanentReporterError, StoredMachine,
        TransientReporterError,
    )

    READS, WRITES, AHEAD = itertools.count(1), [], []  # of all threads together

    class Bare(BaseReporter):
        '''Writes every revision to a file, in order, and knows nothing of it.'''

        def __init__(self, path: str, refuses: str = "", is_down: bool = False) -> None:
            self.path, self.refuses, self.is_down = path, refuses, is_down

        def report(self, machine):
            if self.is_down:
                raise TransientReporterError("the backend is down")
            if machine.name == self.refuses:
                raise PermanentReporterError("refused")
            if machine in self._kept():
                return Delivery(unchanged=True)
            with open(self.path, "ab") as file:
                file.write(machine.to_json() + b"\\n")

        def _kept(self):
            path = Path(self.path)
            return [Machine.from_json(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    class Slow(BaseReporter):
        def report(self, machine):
            time.sleep(0.02)
            WRITES.append(1)

    class Holds(Bare):
        '''Knows which machines it holds, in whatever revision.'''

        def holds(self, keys):
            return set(keys) & {machine.key for machine in self._kept()}

    class Ledger(Holds):
        '''Lists and gives back every revision; some on purpose not.'''

        def __init__(
            self,
            path: str,
            refuses: str = "",
            is_down: bool = False,
            loses: str = "",
            answers: int = 10**6,
            dates: bool = True,
        ) -> None:
            super().__init__(path, refuses, is_down)
            self.loses, self.answers, self.dates = loses, answers, dates

        def machines(self, *, all_revisions=False):
            if not self.answers:
                raise TransientReporterError("the backend is down")
            begin, seen = datetime(2026, 1, 1, tzinfo=UTC), set()
            for day, machine in reversed([*enumerate(self._kept())]):
                if all_revisions or machine.key not in seen:
                    seen.add(machine.key)
                    stored = StoredMachine.of(machine, time=begin + timedelta(days=day))
                    yield stored if self.dates else dataclasses.replace(stored, created=None)

        def fetch(self, name, project_name=None, revision=None):
            if (number := next(READS)) > self.answers:
                raise TransientReporterError("the backend is down")
            AHEAD.append(number - len(WRITES))
            found = [m for m in self._kept() if m.key == (project_name, name) and revision in (None, m.revision)]
            if not found or name == self.loses:
                raise MachineDoesNotExist(name, project_name)
            return found[-1]
"""

CONFIG = """
reporters:
  - files: {path: a}
    label: a
  - files: {path: b}
    label: b
  - ledgers.Ledger: {path: all.jsonl}
    label: all
retry: {attempts: 1}
"""


@pytest.fixture(autouse=True)
def _config(write, distribution):
    distribution("ledgers", {"ledgers": LEDGER})
    write("newsdesk.yaml", CONFIG)


@pytest.fixture
def report(newsdesk, write):
    """Report machines `(name, build day, content)` of the project north."""

    def call(to, *builds, code=0):
        records = [build(*([each] if isinstance(each, str) else each)) for each in builds]
        return newsdesk("report", write("some.json", records), "--to", to, code=code)

    return call


def build(name, day=1, content=0):
    created = {"build_metadata": {"model": {"model_creation_date": f"2026-11-{day:02} 10:00:00+00:00"}}}
    return {"name": name, "project_name": "north", "metadata": {"content": content, **created}}


def content(folder, name):
    return json.loads(Path(folder, "north", f"{name}.json").read_bytes())["metadata"]["content"]


def ledger(path="all.jsonl"):
    lines = Path(path).read_bytes().splitlines()
    return [(m["name"], m["metadata"]["content"]) for m in map(json.loads, lines)]


def statuses(result):
    receipts = [json.loads(line) for line in result.stdout.splitlines()]
    return {(r["machine"]["name"], r["reporter"]): r["status"] for r in receipts}


def test_what_the_target_does_not_hold_is_copied_once_and_the_rest_is_not_read(newsdesk, report):
    report("a", "a", "b", "c")
    report("b", "b")
    first = newsdesk("copy", "--from", "a", "--to", "b", "--json")
    assert statuses(first) == {("a", "b"): "delivered", ("b", "b"): "unchanged", ("c", "b"): "delivered"}
    assert "3 listed at a, 3 receipts." in first.stderr
    again = newsdesk("copy", "--from", "a", "--to", "b", "--json")
    assert {json.loads(line)["attempts"] for line in again.stdout.splitlines()} == {0}
    assert set(statuses(again).values()) == {"unchanged"}
    assert {p.name: p.read_bytes() for p in Path("a").rglob("*.json")} == {
        p.name: p.read_bytes() for p in Path("b").rglob("*.json")
    }


def test_only_a_project_or_named_machines_are_copied(newsdesk, report, write):
    report("a", "x", "y")
    newsdesk("report", write("other.json", {"name": "x", "project_name": "south"}), "--to", "a")
    newsdesk("copy", "y", "--from", "a", "--to", "b")
    assert [p.name for p in Path("b").rglob("*.json")] == ["y.json"]
    newsdesk("copy", "--project", "south", "--from", "a", "--to", "b")
    assert sorted(str(p) for p in Path("b").rglob("*.json")) == ["b/north/y.json", "b/south/x.json"]


def test_a_machine_is_named_as_verify_prints_it(newsdesk, report, write):
    report("a", "x", "n/y")
    others = [{"name": name, "project_name": "n"} for name in "xy"]
    newsdesk("report", write("others.json", others), "--to", "a")
    missing = newsdesk("verify", "--from", "a", "--to", "b", code=1).stdout.replace("missing ", "").split()
    assert missing == ["n/x", "n/y", "north/n/y", "north/x"]
    newsdesk("copy", "north/x", "n/y", "--from", "a", "--to", "b")
    left = newsdesk("verify", "--from", "a", "--to", "b", code=1).stdout  # not the n/y of north
    assert left == "missing n/x\nmissing north/n/y\n"
    newsdesk("copy", *missing, "--from", "a", "--to", "b")
    newsdesk("verify", "--from", "a", "--to", "b")
    assert "'z/y' does not exist" in newsdesk("copy", "z/y", "--from", "a", "--to", "b", code=2).stderr


def test_a_project_that_does_not_exist_is_not_taken_for_an_empty_one(newsdesk, report):
    report("a", "x")
    refused = newsdesk("copy", "--project", "nroth", "--from", "a", "--to", "b", code=2).stderr
    assert "Error: the reporter of --from holds no machine of the project 'nroth'" in refused
    newsdesk("copy", "--from", "b", "--to", "a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["z"], "the machine 'z' does not exist; report it first, or correct the name"),
        (["x"], "2 projects have a machine 'x': 'north', 'south'; give the project as well"),
        (["x", "--project", "east"], "the machine 'y' in the project 'east' does not exist"),
    ],
)
def test_a_name_that_is_not_one_machine_is_refused_before_anything_is_sent(
    newsdesk, report, write, arguments, message
):
    report("a", "x", "y")
    newsdesk("report", write("other.json", {"name": "x", "project_name": "south"}), "--to", "a")
    assert message in newsdesk("copy", "y", *arguments, "--from", "a", "--to", "b", code=2).stderr
    assert not Path("b").exists()


def test_an_older_revision_is_replaced_and_a_newer_one_only_when_asked(newsdesk, report):
    report("a", ("older", 2, "new"), ("newer", 1, "old"))
    report("b", ("older", 1, "old"), ("newer", 2, "new"))
    told = newsdesk("copy", "--from", "a", "--to", "b")
    assert (content("b", "older"), content("b", "newer")) == ("new", "new")
    assert "north/newer at b: skipped" in told.stderr
    assert "b: 1 skipped (north/newer)" in told.stderr
    assert "it holds, or is owed, a newer revision; --overwrite sends this one all the same" in told.stderr
    assert "b: 1 skipped" in told.stdout.splitlines()
    newsdesk("copy", "--from", "a", "--to", "b", "--overwrite")
    assert content("b", "newer") == "old"


UNDATED = "{ledgers.Ledger: {path: %s.jsonl, dates: false}, label: %s}"


@pytest.mark.parametrize(
    ("source", "target"),
    [(UNDATED % ("x", "x"), "b"), ("b", UNDATED % ("x", "x")), (UNDATED % ("x", "x"), UNDATED % ("y", "y"))],
)
def test_the_records_say_which_is_newer_where_a_listing_does_not(newsdesk, report, source, target):
    """By the times at which they were stored it is the other way round, for one of the two."""
    report(source, ("newer here", 2, "new"), ("newer there", 1, "old"))
    report(target, ("newer here", 1, "old"), ("newer there", 2, "new"))
    verified = newsdesk("verify", "--from", source, "--to", target, code=1).stdout
    assert verified.splitlines() == ["older north/newer here", "newer north/newer there"]
    told = newsdesk("copy", "--from", source, "--to", target, "--json")
    assert [*statuses(told).values()].count("skipped") == 1
    assert {name: status for (name, _), status in statuses(told).items()} == {
        "newer here": "delivered",
        "newer there": "skipped",
    }
    verified = newsdesk("verify", "--from", source, "--to", target, code=1).stdout
    assert verified == "newer north/newer there\n"


def test_of_one_build_the_revision_that_was_stored_later_is_newer(newsdesk, report):
    report("b", ("m", 1, "first"))
    report("a", ("m", 1, "second"))
    newsdesk("copy", "--from", "a", "--to", "b")
    assert content("b", "m") == "second"
    report("b", ("m", 1, "third"))
    newsdesk("copy", "--from", "a", "--to", "b")
    assert content("b", "m") == "third"


def test_a_damaged_record_is_a_failure_by_its_name_and_the_others_are_copied(newsdesk, report):
    report("a", "a", "b", "c")
    Path("a/north/b.json").write_bytes(b'{"name": "b", "project_n')
    told = newsdesk("copy", "--from", "a", "--to", "b", code=1)
    assert sorted(p.name for p in Path("b").rglob("*.json")) == ["a.json", "c.json"]
    assert "a: 1 failed (north/b): PermanentReporterError: " in told.stderr
    assert "does not hold a record" in told.stderr
    assert "3 listed at a, 3 receipts." in told.stderr


def test_a_damaged_record_at_the_target_is_replaced(newsdesk, report):
    report("a", ("m", 1, "whole"))
    report("b", ("m", 1, "whole"))
    Path("b/north/m.json").write_bytes(b"{")
    newsdesk("copy", "--from", "a", "--to", "b")
    assert content("b", "m") == "whole"


def test_a_machine_that_disappears_while_it_is_copied_is_a_failure(newsdesk, report):
    report("all", "a", "b", "c")
    told = newsdesk(
        "copy", "--from", "{ledgers.Ledger: {path: all.jsonl, loses: b}}", "--to", "b", "--json", code=1
    )
    assert statuses(told) == {
        ("a", "b"): "delivered",
        ("b", "ledgers.Ledger"): "failed",
        ("c", "b"): "delivered",
    }
    assert "3 listed at ledgers.Ledger, 3 receipts." in told.stderr


def test_what_the_target_refuses_is_a_failure_and_the_others_are_copied(newsdesk, report):
    report("a", "a", "b", "c")
    target = "{ledgers.Ledger: {path: out.jsonl, refuses: b}}"
    told = newsdesk("copy", "--from", "a", "--to", target, "--json", code=1)
    assert statuses(told)["b", "ledgers.Ledger"] == "failed"
    assert ledger("out.jsonl") == [("a", 0), ("c", 0)]


@pytest.mark.parametrize("workers", [1, 4])
def test_a_source_that_goes_down_leaves_a_failure_for_each_that_is_left(newsdesk, report, workers):
    report("all", *[(f"m{number:02}", 1, number) for number in range(30)])
    source = "{ledgers.Ledger: {path: all.jsonl, answers: 5}}"
    told = newsdesk("copy", "--from", source, "--to", "b", "--json", "--workers", workers, code=1)
    found = statuses(told)
    assert len(found) == 30
    assert sum(status == "delivered" for status in found.values()) == 5
    assert set(found.values()) == {"delivered", "failed"}
    assert "ledgers.Ledger did not answer 3 times in a row; run it again later" in told.stdout
    newsdesk("copy", "--from", "all", "--to", "b")
    assert len([*Path("b").rglob("*.json")]) == 30


@pytest.mark.parametrize(("source", "target"), [("down", "b"), ("a", "down")])
def test_a_backend_that_cannot_be_listed_ends_it_before_anything_is_sent(newsdesk, report, source, target):
    report("a", "a")
    down = "{ledgers.Ledger: {path: none.jsonl, answers: 0}}"
    names = [down if name == "down" else name for name in (source, target)]
    told = newsdesk("copy", "--from", names[0], "--to", names[1], code=1).stderr
    assert (
        "Error: ledgers.Ledger cannot list what it holds: TransientReporterError: the backend is down" in told
    )


def test_all_revisions_are_copied_the_oldest_first(newsdesk, report):
    for content in range(3):
        report("all", ("m", 1, content), ("n", 1, content))
    newsdesk("copy", "--from", "all", "--to", "{ledgers.Ledger: {path: out.jsonl}}", "--all-revisions")
    assert [line for line in ledger("out.jsonl") if line[0] == "m"] == [("m", 0), ("m", 1), ("m", 2)]
    assert ledger("out.jsonl")[:2] == [("n", 0), ("m", 0)]
    newsdesk("copy", "--from", "all", "--to", "b", "--all-revisions", "--workers", 3)
    assert (content_of := content_in("b")) == {"m": 2, "n": 2}, content_of


def content_in(folder):
    return {path.stem: content(folder, path.stem) for path in Path(folder).rglob("*.json")}


@pytest.mark.parametrize("held", range(4))
def test_all_revisions_go_on_after_those_that_the_target_holds(newsdesk, report, held):
    """Also where each was stored there later than the source's newest, as after a copy that was stopped."""
    for number in range(3):
        report("all", ("m", 1, number))
    for number in range(held):
        report("b", ("m", 1, number))
    told = newsdesk("copy", "--from", "all", "--to", "b", "--all-revisions", "--json")
    counts = [json.loads(line)["status"] for line in told.stdout.splitlines()]
    older = max(0, held - 1)
    assert counts == ["skipped"] * older + ["unchanged"] * min(held, 1) + ["delivered"] * (3 - held)
    assert content_in("b") == {"m": 2}


def test_a_reporter_that_only_knows_what_it_holds_gets_the_rest(newsdesk, report):
    report("a", ("m", 1, "x"), ("n", 1, "x"))
    target = "{ledgers.Holds: {path: out.jsonl}}"
    report(target, ("m", 1, "y"))
    told = newsdesk("copy", "--from", "a", "--to", target)
    assert "another revision, which may be newer; --overwrite sends this one all the same" in told.stderr
    assert ledger("out.jsonl") == [("m", "y"), ("n", "x")]


def test_a_reporter_that_knows_nothing_gets_all_and_tells_what_is_unchanged(newsdesk, report):
    report("a", ("m", 1, "x"), ("n", 1, "x"))
    target = "{ledgers.Bare: {path: out.jsonl}}"
    report(target, ("m", 1, "x"))
    told = newsdesk("copy", "--from", "a", "--to", target, "--json")
    assert {name: status for (name, _), status in statuses(told).items()} == {
        "m": "unchanged",
        "n": "delivered",
    }


def test_a_source_that_cannot_be_read_is_refused(newsdesk, report):
    told = newsdesk("copy", "--from", "{ledgers.Bare: {path: out.jsonl}}", "--to", "b", code=2).stderr
    assert "the reporter 'ledgers.Bare' cannot be read: Bare cannot list what its backend holds" in told


def test_what_cannot_be_delivered_now_is_kept_where_there_is_an_outbox(newsdesk, report, write):
    report("a", "a", "b")
    down = "{ledgers.Bare: {path: out.jsonl, is_down: true}, label: it, required: spooled}"
    write("newsdesk.yaml", f"{CONFIG}outbox: owed.db\n")
    told = newsdesk("copy", "--from", "a", "--to", down, "--json")
    assert statuses(told) == {("a", "it"): "spooled", ("b", "it"): "spooled"}
    assert newsdesk("outbox", "status").stdout.startswith("it: 2 owed")


def test_an_older_revision_does_not_replace_what_the_outbox_owes(newsdesk, report, write):
    write("newsdesk.yaml", f"{CONFIG}outbox: owed.db\n")
    down = "{ledgers.Ledger: {path: out.jsonl, is_down: true}, label: it, required: spooled}"
    report("a", ("m", 1, "older"), ("n", 1, "same"))
    report(down, ("m", 2, "newer"), ("n", 1, "same"))
    told = newsdesk("copy", "--from", "a", "--to", down, "--json")
    assert statuses(told) == {("m", "it"): "skipped", ("n", "it"): "spooled"}
    assert "it: 2 owed" in newsdesk("outbox", "status").stdout
    up = "{ledgers.Ledger: {path: out.jsonl}, label: it}"
    write("newsdesk.yaml", f"reporters: [{up}, {{files: {{path: a}}, label: a}}]\noutbox: owed.db\n")
    newsdesk("copy", "--from", "a", "--to", "it")
    newsdesk("outbox", "send")
    assert sorted(ledger("out.jsonl")) == [("m", "newer"), ("n", "same")]


def test_only_so_many_records_are_read_ahead(newsdesk, report):
    report("all", *[(f"m{number:03}", 1, number) for number in range(160)])
    module = sys.modules["ledgers"]
    newsdesk("copy", "--from", "all", "--to", "ledgers.Slow")
    assert len(module.WRITES) == len(module.AHEAD) == 160
    assert max(module.AHEAD) <= 2 * 50 + 1  # a chunk that is delivered, and one that is read meanwhile


def test_two_reporters_of_one_name_are_told_apart(newsdesk, report):
    report("a", "m")
    Path("a/north/m.json").write_bytes(b"{")
    told = newsdesk("copy", "--from", "{files: {path: a}}", "--to", "{files: {path: b}}", code=1)
    assert "files (--from): 1 failed (north/m): " in told.stderr
    assert "1 listed at files (--from), 1 receipts." in told.stderr


def test_from_and_to_are_needed(newsdesk):
    assert "Missing option '--from'" in newsdesk("copy", "--to", "b", code=2).stderr
    assert (
        "give one reporter with --to; the config has: a, b, all"
        in newsdesk("copy", "--from", "a", code=2).stderr
    )
    told = newsdesk("copy", "--from", "c", "--to", "b", code=2).stderr
    assert "--from 'c' is not a label of the config or an installed reporter" in told


def test_nothing_to_copy_is_no_failure(newsdesk):
    assert "0 listed at a, 0 receipts." in newsdesk("copy", "--from", "a", "--to", "b").stderr
