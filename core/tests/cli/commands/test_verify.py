"""`newsdesk verify`: what two backends hold, compared."""

import json
from pathlib import Path

import pytest

LISTS = """
    from datetime import UTC, datetime

    from newsdesk import PermanentReporterError, StoredMachine, TransientReporterError
    from newsdesk.builtin.files import FilesReporter

    class Lists(FilesReporter):
        '''Files whose listing knows no revisions; counts what is fetched, and may be down.'''

        def __init__(self, path: str, is_down: bool = False, fails_at: str = "") -> None:
            self.path, self.is_down, self.fails_at = path, is_down, fails_at

        def machines(self, *, all_revisions=False):
            for stored in super().machines():
                yield StoredMachine(key=stored.key, time=stored.time)

        def fetch(self, name, project_name=None, revision=None):
            with open("fetched", "a") as log:
                print(name, file=log)
            if self.is_down:
                raise TransientReporterError("the backend is down")
            if name == self.fails_at:
                raise KeyError(name)
            return super().fetch(name, project_name)

    class Down(FilesReporter):
        def machines(self, *, all_revisions=False):
            raise PermanentReporterError("no route to host")
"""

CONFIG = """
reporters:
  - files: {path: a}
    label: a
  - files: {path: b}
    label: b
retry: {attempts: 1}
"""


@pytest.fixture(autouse=True)
def _config(write, distribution):
    distribution("lists", {"lists": LISTS})
    write("newsdesk.yaml", CONFIG)


@pytest.fixture
def report(newsdesk, write):
    """Report machines `(name, build day, content)` of a project."""

    def call(to, *builds, project="north"):
        records = [build(project, *([each] if isinstance(each, str) else each)) for each in builds]
        return newsdesk("report", write("some.json", records), "--to", to)

    return call


def build(project, name, day=1, content=0):
    created = {"build_metadata": {"model": {"model_creation_date": f"2026-11-{day:02} 10:00:00+00:00"}}}
    return {"name": name, "project_name": project, "metadata": {"content": content, **created}}


@pytest.fixture
def all_kinds(report):
    report("a", "equal", "missing", ("older", 2, 1), ("newer", 1, 1))
    report("b", "equal", "extra", ("older", 1, 2), ("newer", 2, 2))


def test_each_machine_that_differs_is_named_with_its_state_in_order(newsdesk, all_kinds):
    told = newsdesk("verify", "--from", "a", "--to", "b", code=1)
    states = ["extra", "missing", "newer", "older"]
    assert told.stdout.splitlines() == [f"{state} north/{state}" for state in states]
    assert told.stderr == "b: 1 equal, 1 missing, 1 older, 1 newer, 1 extra.\n"


def test_json_has_what_both_hold(newsdesk, all_kinds):
    lines = newsdesk("verify", "--from", "a", "--to", "b", "--json", code=1).stdout.splitlines()
    found = {each["machine"]["name"]: each for each in map(json.loads, lines)}
    assert found.keys() == {"extra", "missing", "newer", "older"}
    assert (found["missing"]["to"], found["extra"]["from"]) == (None, None)
    newer = found["newer"]
    assert newer["machine"]["project_name"] == "north"
    assert newer["state"] == "newer"
    assert newer["from"]["created"] == "2026-11-01T10:00:00+00:00"
    assert newer["to"]["created"] == "2026-11-02T10:00:00+00:00"
    assert newer["from"]["revision"] != newer["to"]["revision"]
    assert newer["to"]["time"]


def test_what_is_equal_is_success_and_extra_ones_may_be_allowed(newsdesk, report):
    report("a", "m")
    report("b", "m")
    told = newsdesk("verify", "--from", "a", "--to", "b")
    assert (told.stdout, told.stderr) == ("", "b: 1 equal.\n")
    report("b", "n")
    assert newsdesk("verify", "--from", "a", "--to", "b", code=1).stdout == "extra north/n\n"
    assert newsdesk("verify", "--from", "a", "--to", "b", "--allow-extra").stdout == "extra north/n\n"
    report("a", "o")
    newsdesk("verify", "--from", "a", "--to", "b", "--allow-extra", code=1)


def test_only_a_project_is_compared(newsdesk, report):
    report("a", "m")
    report("b", "m")
    report("b", "n", project="south")
    newsdesk("verify", "--from", "a", "--to", "b", code=1)
    newsdesk("verify", "--from", "a", "--to", "b", "--project", "north")


def test_a_project_that_neither_holds_is_refused(newsdesk, report):
    report("a", "m")
    refused = newsdesk("verify", "--from", "a", "--to", "b", "--project", "nroth", code=2).stderr
    assert "Error: neither reporter holds a machine of the project 'nroth'" in refused
    report("b", "m", project="south")
    newsdesk("verify", "--from", "a", "--to", "b", "--project", "south", code=1)


def test_a_machine_is_one_line_whatever_its_name_holds(newsdesk, report):
    report("a", "up\x1b[2J\ndown")
    assert (
        newsdesk("verify", "--from", "a", "--to", "b", code=1).stdout == "missing north/up\\x1b[2J\\ndown\n"
    )
    assert newsdesk("missing", "some.json", "--to", "b").stdout == "north/up\\x1b[2J\\ndown\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["verify", "--from", "a", "--to", "b"], 1),
        (["list", "--from", "a"], 1),
        (["list", "--from", "b", "--metric", "r3"], 1),
        (["show", "z", "--from", "a"], 1),
    ],
)
def test_the_log_has_what_cannot_be_read_and_totals_as_json(newsdesk, report, arguments, code):
    report("a", "m")
    report("b", "m")
    Path("a/north/m.json").write_bytes(b"{")
    told = newsdesk("--log-format", "json", *arguments, code=code).stderr.splitlines()
    assert told
    assert all(json.loads(line)["message"] for line in told)


def test_quiet_leaves_out_the_total_and_no_reason(newsdesk, report):
    report("a", "m", "n")
    report("b", "m", "n")
    assert newsdesk("-q", "verify", "--from", "a", "--to", "b").stderr == ""
    Path("b/north/m.json").write_bytes(b"{")
    assert newsdesk("-q", "verify", "--from", "a", "--to", "b", code=1).stderr.startswith("north/m: b: '")


def test_two_that_hold_nothing_are_equal(newsdesk):
    assert newsdesk("verify", "--from", "a", "--to", "b").stderr == "b: no machines.\n"


LISTED = "{lists.Lists: {path: %s}}"


@pytest.mark.parametrize(("source", "target"), [(LISTED % "a", "b"), ("a", LISTED % "b")])
def test_a_record_is_read_only_where_its_revision_is_not_known(newsdesk, report, source, target):
    report("a", "equal", "missing", ("older", 2, 1))
    report("b", "equal", ("older", 1, 2))
    told = newsdesk("verify", "--from", source, "--to", target, code=1)
    assert told.stdout.splitlines() == ["missing north/missing", "older north/older"]
    assert Path("fetched").read_text().splitlines() == ["equal", "older"]


def test_deep_reads_every_record_of_both(newsdesk, report):
    report("a", "m", "n", "o")
    report("b", "m", "n", "o")
    newsdesk("verify", "--from", LISTED % "a", "--to", LISTED % "b", "--deep", "--workers", 3)
    assert sorted(Path("fetched").read_text().splitlines()) == ["m", "m", "n", "n", "o", "o"]


def test_a_record_that_cannot_be_read_is_named_with_the_reason(newsdesk, report):
    report("a", "m", "n")
    report("b", "m", "n")
    Path("b/north/m.json").write_bytes(b"{")
    told = newsdesk("verify", "--from", "a", "--to", "b", code=1)
    assert told.stdout == "unreadable north/m\n"
    assert "north/m: b: '" in told.stderr
    assert "does not hold a record" in told.stderr


def test_a_bug_in_a_reporter_is_not_wrong_usage_and_ends_neither_verify_nor_list(newsdesk, report):
    report("a", "m", "n")
    buggy = "{lists.Lists: {path: a, fails_at: m}}"
    told = newsdesk("verify", "--from", buggy, "--to", "a", code=1)
    assert told.stdout == "unreadable north/m\n"
    assert (
        "north/m: lists.Lists: the reporter 'lists.Lists' failed: Lists.fetch() raised KeyError"
        in told.stderr
    )
    assert "1 equal, 1 unreadable" in told.stderr
    listed = newsdesk("list", "--from", buggy, code=1)
    assert listed.stdout.count("north/") == 2
    assert "north/m: lists.Lists: the reporter 'lists.Lists' failed: Lists.fetch() raised" in listed.stderr


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (
            "{lists.Down: {path: a}}",
            "b",
            "lists.Down cannot list what it holds: PermanentReporterError: no route",
        ),
        (
            "a",
            "{lists.Down: {path: b}}",
            "lists.Down cannot list what it holds: PermanentReporterError: no route",
        ),
        ("a", "{lists.Lists: {path: b, is_down: true}}", "lists.Lists does not answer: the backend is down"),
    ],
)
def test_a_backend_that_does_not_answer_has_a_code_of_its_own(newsdesk, report, source, target, message):
    report("a", "m")
    report("b", "m")
    assert f"Error: {message}" in newsdesk("verify", "--from", source, "--to", target, code=4).stderr


def test_a_reporter_that_cannot_be_read_is_refused(newsdesk):
    told = newsdesk("verify", "--from", "a", "--to", "null", code=2).stderr
    assert "the reporter 'null' cannot be read" in told
