"""Commands with reporters that get a part of the machines, and of each a part."""

import json
from pathlib import Path

import pytest

SECRET = "hunter2-correct-horse"
CONFIG = """
reporters:
  - files: {path: all}
    label: all
  - files: {path: north}
    label: north
    redact: ["**.password", dataset.nothing]
    when: {project_name: "north-*"}
  - files: {path: live}
    label: live
    redact: [metadata.user_defined.note]
    when: {metadata.user_defined.live: "true"}
"""
FLEET = [("north-1", "a", True), ("north-2", "b", False), ("south-1", "c", True), ("south-1", "d", False)]


@pytest.fixture(autouse=True)
def _config(write):
    write("newsdesk.yaml", CONFIG)


@pytest.fixture
def fleet(write):
    return write("fleet.json", [record(*each) for each in FLEET])


def record(project, name, live):
    return {
        "name": name,
        "project_name": project,
        "dataset": {"data_provider": {"password": SECRET, "host": "db"}},
        "metadata": {"user_defined": {"live": live, "note": "by hand"}},
    }


def names_in(folder):
    return sorted(file.stem for file in Path(folder).rglob("*.json"))


def test_plan_shows_what_is_redacted_and_what_is_not_sent_and_paths_that_are_nowhere(newsdesk, fleet):
    shown = newsdesk("plan", fleet)
    of_a = [line for line in shown.stdout.splitlines() if line.startswith(("north-1/a", "  "))][:5]
    assert [line.partition(", about")[0] for line in of_a] == [
        "north-1/a at all: 1 files in 0 requests",
        "north-1/a at north: 1 files in 0 requests",
        "  dataset.data_provider.password redacted: replaced by <redacted> before delivery, see 'redact'",
        "north-1/a at live: 1 files in 0 requests",
        "  metadata.user_defined.note redacted: replaced by <redacted> before delivery, see 'redact'",
    ]
    assert "south-1/c at north: skipped, since it takes machines with project_name: north-*" in shown.stdout
    assert "redact 'dataset.nothing' is in none of the 2 machines" in shown.stderr
    assert "password' is in none" not in shown.stderr
    assert SECRET not in shown.stdout + shown.stderr
    [*_, row] = map(json.loads, newsdesk("plan", fleet, "--json", "--to", "north").stdout.splitlines())
    assert (row["machine"]["name"], row["skipped"], row["alterations"]) == ("d", True, [])


def test_report_sends_each_reporter_its_part_and_skips_the_others(newsdesk, fleet):
    told = newsdesk("report", fleet, "--json").stdout
    receipts = [json.loads(line) for line in told.splitlines()]
    found = {(r["machine"]["name"], r["reporter"]): r["status"] for r in receipts}
    assert len(found) == 12
    assert {key for key, status in found.items() if status == "delivered"} == {
        *((name, "all") for name in "abcd"),
        *((name, "north") for name in "ab"),
        *((name, "live") for name in "ac"),
    }
    assert {status for status in found.values() if status != "delivered"} == {"skipped"}
    assert SECRET not in Path("north/north-1/a.json").read_text() + told
    assert names_in("north") == ["a", "b"]


def test_skipped_machines_are_counted_with_their_reason(newsdesk, fleet):
    shown = newsdesk("report", fleet, "--to", "north")
    assert "north: 2 delivered" in shown.stdout
    assert "north: 2 skipped" in shown.stdout
    reason = "it is not for this reporter, which takes machines with project_name: north-*"
    assert f"north: 2 skipped (south-1/c, south-1/d): {reason}\n" in shown.stderr


def test_quietly_nothing_is_told_of_what_is_skipped_since_that_is_a_success(newsdesk, fleet):
    shown = newsdesk("report", fleet, "-q")
    assert (shown.stdout, shown.stderr) == ("", "")


def test_missing_and_backfill_leave_out_what_is_not_for_the_reporter(newsdesk, fleet):
    assert newsdesk("missing", fleet, "--to", "north").stdout.split() == ["north-1/a", "north-2/b"]
    assert newsdesk("missing", fleet, "--to", "live").stdout.split() == ["north-1/a", "south-1/c"]
    newsdesk("backfill", fleet, "--to", "live")
    assert names_in("live") == ["a", "c"]
    assert newsdesk("missing", fleet, "--to", "live").stdout == ""


@pytest.mark.parametrize(("label", "has"), [("north", ["a", "b"]), ("live", ["a", "c"])])
def test_a_redacted_copy_of_a_part_is_equal_and_what_is_not_for_it_is_not_missing(
    newsdesk, fleet, label, has
):
    newsdesk("report", fleet, "--to", "all")
    assert newsdesk("verify", "--from", "all", "--to", label, code=1).stdout.startswith("missing north-1/a\n")
    copied = newsdesk("copy", "--from", "all", "--to", label)
    assert f"{label}: 2 delivered" in copied.stdout
    assert f"{label}: 2 skipped" in copied.stdout
    assert "4 listed at all, 4 receipts." in copied.stderr
    assert names_in(label) == has
    for deep in ([], ["--deep"]):
        shown = newsdesk("verify", "--from", "all", "--to", label, *deep)
        assert shown.stdout == ""
        assert f"{label}: 2 equal, 2 skipped." in shown.stderr
        assert "2 equal, 2 skipped" in newsdesk("verify", "--from", label, "--to", "all", *deep).stderr
    assert f"{label}: 2 unchanged" in newsdesk("copy", "--from", "all", "--to", label).stdout


def test_what_is_missing_or_differs_is_still_found(newsdesk, fleet, write):
    newsdesk("report", fleet)
    Path("north/north-2/b.json").unlink()
    held = json.loads(Path("north/north-1/a.json").read_text())
    held["dataset"]["data_provider"]["host"] = "elsewhere"
    write("north/north-1/a.json", held)
    shown = newsdesk("verify", "--from", "all", "--to", "north", code=1).stdout.splitlines()
    assert [line.split()[1] for line in shown] == ["north-1/a", "north-2/b"]
    assert shown[1].startswith("missing")


def test_a_copy_of_what_was_redacted_stays_redacted_and_receipts_say_so(newsdesk, fleet):
    newsdesk("report", fleet, "--to", "north")
    told = newsdesk("copy", "--from", "north", "--to", "{files: {path: third}}", "--json").stdout
    receipts = [json.loads(line) for line in told.splitlines()]
    assert [[each["path"] for each in r["alterations"]] for r in receipts] == [
        ["dataset.data_provider.password"],
        ["dataset.data_provider.password"],
    ]
    assert SECRET not in Path("third/north-1/a.json").read_text()
    assert "2 equal" in newsdesk("verify", "--from", "north", "--to", "{files: {path: third}}").stderr
    newsdesk("report", fleet, "--to", "all")
    assert "2 equal" in newsdesk("verify", "--from", "all", "--to", "{files: {path: third}}", code=1).stderr


def test_show_says_of_which_reporters_a_machine_is_not_for(newsdesk, fleet):
    newsdesk("report", fleet)
    shown = newsdesk("show", "south-1/d@all", "--everywhere").stdout
    assert "not for it, by its 'when'" in shown


def test_the_outbox_exports_and_sends_what_is_redacted(newsdesk, fleet, write, folder):
    write(
        "newsdesk.yaml",
        """
outbox: owed.db
reporters:
  - files: {path: north}
    label: north
    redact: ["**.password"]
    required: spooled
    spool: always
""",
    )
    newsdesk("report", fleet)
    exported = newsdesk("outbox", "export").stdout
    assert [json.loads(line)["name"] for line in exported.splitlines()] == ["a", "b", "c", "d"]
    assert SECRET not in exported
    assert all(SECRET.encode() not in file.read_bytes() for file in folder.glob("owed.db*"))
    write("newsdesk.yaml", "outbox: owed.db\nreporters: [{files: {path: north}, label: north}]")
    newsdesk("outbox", "send")
    assert names_in("north") == ["a", "b", "c", "d"]
    assert SECRET not in "".join(file.read_text() for file in Path("north").rglob("*.json"))
