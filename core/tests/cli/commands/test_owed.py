"""`newsdesk outbox status|list|dead|metrics`: what is owed, and how late, for people, programs and Prometheus."""

import json
import subprocess
import sys
import time

import pytest
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox, State
from newsdesk.outbox.objects.outbox import ObjectOutbox
from prometheus_client.parser import text_string_to_metric_families

CONFIG = """
reporters:
  - files: {{path: out}}
    label: archive
  - postgres: {{host: db, password: "hunter2-of-db"}}
    label: db
outbox: {place}
"""


def machine(name, project="north"):
    return Machine(name=name, project_name=project)


@pytest.fixture(params=["sqlite", "objects"])
def outbox(request, folder, write):
    """An outbox of each kind, which the config names."""
    place = "owed.db" if request.param == "sqlite" else f"file://{folder}/owed"
    write("newsdesk.yaml", CONFIG.format(place=json.dumps(place)))
    with Outbox(folder / "owed.db") if request.param == "sqlite" else ObjectOutbox(place) as made:
        yield made


def put(outbox, label, name, *, ago=0, error=None):
    """Owe a machine, as if it had come some seconds ago."""
    number = outbox.put(label, machine(name), error=error)
    if isinstance(outbox, Outbox):
        then = time.time() - ago
        outbox._database.write(
            lambda db: db.execute("UPDATE entries SET created = ? WHERE id = ?", (then, number))
        )
    else:
        [path] = (outbox._store(10)._folder / "machines" / label).glob(f"north.{name}.json")
        age(path, ago)
    return number


def age(path, ago):
    held = json.loads(path.read_text())
    for row in held["entries"]:
        row["created"] = path.stat().st_mtime - ago
    path.write_text(json.dumps(held))


def values(text):
    return {
        (
            sample.name.removeprefix("newsdesk_outbox_"),
            sample.labels.get("reporter"),
            sample.labels.get("state"),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class TestMetrics:
    def test_they_are_by_reporter_and_state(self, newsdesk, outbox):
        for name, ago in (("a", 50), ("b", 4000), ("c", 100)):
            put(outbox, "archive", name, ago=ago)
        put(outbox, "gone", "a")
        outbox.bury(*outbox.claim(["gone"], lease=60), error="refused")
        size = next(outbox.entries()).size
        found = values(newsdesk("outbox", "metrics").stdout)
        assert found.pop(("oldest_timestamp_seconds", "archive", "owed")) == pytest.approx(
            time.time() - 4000, abs=60
        )
        assert found.pop(("oldest_timestamp_seconds", "gone", "dead")) == pytest.approx(time.time(), abs=60)
        assert found.pop(("checked_timestamp_seconds", None, None)) == pytest.approx(time.time(), abs=60)
        assert found.pop(("up", None, None)) == 1
        assert {key: value for key, value in found.items() if value} == {
            ("entries", "archive", "owed"): 3,
            ("bytes", "archive", "owed"): 3 * size,
            ("entries", "gone", "dead"): 1,
            ("bytes", "gone", "dead"): size,
        }
        assert {key for key in found if key[1] == "db"} == {
            (name, "db", str(state)) for name in ("entries", "bytes") for state in State
        }

    def test_they_are_written_whole(self, newsdesk, outbox, folder):
        put(outbox, "archive", "a")
        (folder / "textfiles").mkdir()
        for _ in range(2):
            assert newsdesk("outbox", "metrics", "--output", "textfiles/newsdesk.prom").stdout == ""
        assert [path.name for path in (folder / "textfiles").iterdir()] == ["newsdesk.prom"]
        found = values((folder / "textfiles/newsdesk.prom").read_text("utf-8"))
        assert found["entries", "archive", "owed"] == 1

    def test_a_file_that_cannot_be_written_is_an_error_and_the_old_one_stays(self, newsdesk, outbox, write):
        place = f"{write('file', '')}/newsdesk.prom"
        assert newsdesk("outbox", "metrics", "--output", place, code=1).stderr == (
            f"Error: cannot write {place}: there is no folder {write('file', '')}; "
            "name a file in a folder that can be written to\n"
        )

    def test_a_folder_that_is_missing_is_not_made(self, newsdesk, outbox, folder):
        told = newsdesk("outbox", "metrics", "--output", "text/newsdesk.prom", code=1).stderr
        assert "cannot write text/newsdesk.prom: there is no folder text; " in told
        assert not (folder / "text").exists()

    @pytest.mark.skipif(sys.platform != "linux", reason="a folder that root cannot write to")
    def test_a_folder_that_takes_no_file_is_named_with_the_reason(self, newsdesk, outbox):
        told = newsdesk("outbox", "metrics", "--output", "/proc/x.prom", code=1).stderr
        assert told.startswith("Error: cannot write /proc/x.prom: ")
        assert "Errno" not in told
        assert "delivered" not in told

    def test_a_name_that_the_collector_ignores_is_warned_of(self, newsdesk, outbox, folder):
        told = newsdesk("outbox", "metrics", "--output", "metrics.txt").stderr
        assert told == "Warning: node-exporter reads no metrics.txt: its name must end in .prom\n"
        assert values((folder / "metrics.txt").read_text("utf-8"))["up", None, None] == 1

    def test_each_has_the_outbox_as_a_label(self, newsdesk, outbox):
        """So those of several outboxes can be beside each other in the folder of one node-exporter."""
        samples = [
            sample
            for family in text_string_to_metric_families(newsdesk("outbox", "metrics").stdout)
            for sample in family.samples
        ]
        assert {sample.labels["outbox"] for sample in samples} == {outbox.place}

    def test_what_a_plugin_prints_is_not_among_them(self, newsdesk, distribution, write):
        distribution(
            "loud", {"loud": "print('hello')\nfrom newsdesk.builtin.null import NullReporter as Loud"}
        )
        write("newsdesk.yaml", "reporters: [{loud.Loud: , label: a}]\noutbox: owed.db\n")
        result = newsdesk("outbox", "metrics")
        assert "hello" not in result.stdout
        assert values(result.stdout)["entries", "a", "owed"] == 0


class TestUnreadable:
    @pytest.fixture
    def damaged(self, folder, write):
        write("newsdesk.yaml", CONFIG.format(place="owed.db"))
        (folder / "owed.db").write_bytes(b"x" * 8192)

    def test_an_outbox_that_cannot_be_read_is_told_on_the_way_that_alerts_take(
        self, newsdesk, damaged, folder
    ):
        told = newsdesk("outbox", "metrics", "--output", "newsdesk.prom", code=2).stderr
        assert "cannot be read: file is not a database; the file is damaged: move it away" in told
        found = values((folder / "newsdesk.prom").read_text("utf-8"))
        assert set(found) == {("up", None, None), ("checked_timestamp_seconds", None, None)}
        assert found["up", None, None] == 0

    def test_and_on_standard_output(self, newsdesk, damaged):
        assert values(newsdesk("outbox", "metrics", code=2).stdout)["up", None, None] == 0

    def test_a_store_that_is_down_is_told_so_as_well(self, newsdesk, write):
        write("newsdesk.yaml", CONFIG.format(place="file:///proc/1/nothing/owed"))
        write("newsdesk.yaml", CONFIG.format(place="s3://bucket/owed") + "")
        pytest.importorskip("obstore")
        options = {
            "endpoint": "http://127.0.0.1:9",
            "access_key_id": "a",
            "secret_access_key": "b",
            "region": "r",
        }
        outbox = json.dumps({"path": "s3://bucket/owed", "options": options})
        write("newsdesk.yaml", CONFIG.format(place=outbox))
        assert values(newsdesk("outbox", "metrics", code=2).stdout)["up", None, None] == 0

    def test_a_config_that_cannot_be_used_writes_nothing(self, newsdesk, write, folder):
        """The old file stays, and an alert is due when it is old."""
        write("newsdesk.yaml", "reporters: [nul]\noutbox: owed.db\n")
        newsdesk("outbox", "metrics", "--output", "newsdesk.prom", code=2)
        assert not (folder / "newsdesk.prom").exists()


@pytest.mark.parametrize("command", [["metrics"], ["status"], ["list"], ["list", "--json"], ["dead"]])
def test_who_looks_makes_no_file(newsdesk, write, folder, command):
    """It would be for that user alone, and the builds could not use it."""
    write("newsdesk.yaml", CONFIG.format(place="folder/owed.db"))
    newsdesk("outbox", *command)
    assert [path.name for path in folder.iterdir()] == ["newsdesk.yaml"]


LOOKS = [["status"], ["status", "--fail-over", "1h"], ["list"], ["dead"], ["metrics"]]


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_one_that_is_asked_for_must_be_there(newsdesk, write, folder, command):
    """A mistyped place would seem to owe nothing."""
    write("newsdesk.yaml", CONFIG.format(place="owed.db"))
    (folder / "empty").mkdir()
    (folder / "empty.db").touch()
    for place in (f"file://{folder}/nothere", f"file://{folder}/empty", "empty.db"):
        result = newsdesk("outbox", *command, "--outbox", place, code=2)
        assert result.stderr == f"Error: there is no outbox at {place}; check --outbox\n"
    assert sorted(path.name for path in folder.iterdir()) == ["empty", "empty.db", "newsdesk.yaml"]


def test_one_in_a_folder_can_be_asked_for(newsdesk, write, folder):
    write("newsdesk.yaml", CONFIG.format(place="owed.db"))
    with ObjectOutbox(f"file://{folder}/with%20space") as outbox:
        outbox.put("archive", machine("a"))
        assert newsdesk("outbox", "status", "--outbox", outbox.place).stdout.startswith("archive: 1 owed")


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_who_looks_fills_no_empty_file(newsdesk, write, folder, command):
    write("newsdesk.yaml", CONFIG.format(place="empty.db"))
    (folder / "empty.db").touch()
    newsdesk("outbox", *command)
    assert (folder / "empty.db").read_bytes() == b""


class TestList:
    def test_what_is_owed_is_named_the_oldest_first(self, newsdesk, outbox):
        for name, ago in (("a", 150), ("b", 7300), ("c", 0)):
            put(outbox, "archive", name, ago=ago, error="TransientReporterError: HTTP 502")
        told = [line.split() for line in newsdesk("outbox", "list").stdout.splitlines()]
        assert told[0] == [
            *("number", "machine", "reporter", "state", "age", "attempts", "next", "try", "last", "error")
        ]
        assert [row[1:4] for row in told[1:]] == [["north/" + name, "archive", "owed"] for name in "bac"]
        assert told[1][4:] == ["2", "h", "1", "min", "0", "now", "TransientReporterError:", "HTTP", "502"]

    def test_an_attempt_that_failed_is_counted_and_the_next_one_is_told(self, newsdesk, outbox):
        put(outbox, "archive", "a")
        [entry] = outbox.claim(["archive"], lease=60)
        outbox.release(entry, error="TransientReporterError: down", pause=3600)
        [line] = newsdesk("outbox", "list").stdout.splitlines()[1:]
        assert " 1  in 1 h" in line or " 1  in 59 min" in line
        assert line.endswith("TransientReporterError: down")
        [row] = map(json.loads, newsdesk("outbox", "list", "--json").stdout.splitlines())
        assert (row["attempts"], row["error"]) == (1, "TransientReporterError: down")
        assert row["since"] < row["next_try"]

    def test_a_program_reads_the_same(self, newsdesk, outbox):
        number = put(outbox, "archive", "a", ago=100)
        [entry] = outbox.entries()
        [row] = map(json.loads, newsdesk("outbox", "list", "--json").stdout.splitlines())
        assert 100 <= row.pop("age") < 200
        assert row.pop("since").endswith("+00:00")
        assert row.pop("next_try").endswith("+00:00")
        assert row == {
            "number": number,
            "machine": {"project_name": "north", "name": "a"},
            "revision": entry.revision,
            "reporter": "archive",
            "state": "owed",
            "attempts": 0,
            "error": None,
            "bytes": entry.size,
        }

    def test_it_can_be_of_some_reporters_and_states_and_end_early(self, newsdesk, outbox):
        for number, label in enumerate(["archive", "db", "gone"] * 2):
            put(outbox, label, f"m{number}", ago=100 - number)
        outbox.bury(*outbox.claim(["db"], lease=60), error="refused")

        def names(*options):
            lines = newsdesk("outbox", "list", "--json", *options).stdout.splitlines()
            return [json.loads(line)["machine"]["name"] for line in lines]

        (dead,) = names("--state", "dead")
        assert dead in ("m1", "m4")
        assert names("--reporter", "archive", "--reporter", "gone") == ["m0", "m2", "m3", "m5"]
        assert names("--state", "owed", "--reporter", "db") == [*({"m1", "m4"} - {dead})]
        assert names("--limit", "2") == ["m0", "m1"]
        assert names() == [f"m{number}" for number in range(6)]

    def test_what_was_delivered_and_is_on_standby_is_listed_when_it_is_asked_for(self, newsdesk, outbox):
        _, newer = outbox.begin(["archive"], [machine("a").key] * 2, lease=60)
        outbox.settle(machine("a"), newer["archive"])
        assert newsdesk("outbox", "list").stdout == "Nothing is owed.\n"
        assert "standby" in newsdesk("outbox", "list", "--state", "standby").stdout

    def test_nothing_that_fits_is_told(self, newsdesk, outbox):
        assert newsdesk("outbox", "list", "--reporter", "db").stdout == "There are no such records.\n"

    def test_a_reporter_that_nobody_knows_is_an_error(self, newsdesk, outbox):
        put(outbox, "gone", "a")
        told = newsdesk("outbox", "list", "--reporter", "archiv", code=2).stderr
        assert (
            "neither the config nor the outbox has a reporter 'archiv' (did you mean 'archive'?); labels: "
            "archive, db, gone" in told
        )

    def test_secrets_are_masked(self, newsdesk, outbox, monkeypatch):
        monkeypatch.setenv("PGPASSWORD", "t0ken-of-the-environment")
        error = "no login with hunter2-of-db, t0ken-of-the-environment, postgres://u:in-url@db/x"
        put(outbox, "archive", "a", error=error)
        for options in ([], ["--json"]):
            told = newsdesk("outbox", "list", *options).stdout
            assert "no login with ***, ***, postgres://u:***@db/x" in told

    def test_no_name_or_error_is_a_command_to_the_terminal(self, newsdesk, folder, write):
        write("newsdesk.yaml", CONFIG.format(place="owed.db"))
        with Outbox(folder / "owed.db") as outbox:
            outbox.put("a\x1b[2J", machine("b\x1b[31m\n", "c\rd"), error="e\x1b]0;\x07\nf")
        for command in ("list", "status"):
            told = newsdesk("outbox", command).stdout
            assert told.replace("\n", "").isprintable()
        assert "c\\rd/b\\x1b[31m\\n" in newsdesk("outbox", "list").stdout

    def test_dead_is_the_list_of_the_dead(self, newsdesk, outbox):
        put(outbox, "archive", "a")
        number = put(outbox, "db", "b")
        outbox.bury(*outbox.claim(["db"], lease=60), error="PermanentReporterError: refused")
        [_, line] = newsdesk("outbox", "dead").stdout.splitlines()
        assert line.split()[:4] == [str(number), "north/b", "db", "dead"]
        assert line.endswith("PermanentReporterError: refused")


class TestFailOver:
    def test_what_is_older_is_told_and_fails(self, newsdesk, outbox):
        put(outbox, "archive", "a", ago=10_000)
        put(outbox, "archive", "b", ago=10)
        put(outbox, "db", "a", ago=10)
        result = newsdesk("outbox", "status", "--fail-over", "1h", code=1)
        assert result.stderr == "Older than 1 h: 2 owed for archive (3 hours); see 'newsdesk outbox list'\n"
        assert result.stdout.startswith("archive: 2 owed, the oldest for 3 hours\n")

    def test_nothing_older_is_0(self, newsdesk, outbox):
        assert newsdesk("outbox", "status", "--fail-over", "1h").stderr == ""
        put(outbox, "archive", "a", ago=3000)
        assert newsdesk("outbox", "status", "--fail-over", "1h").stderr == ""

    def test_what_is_dead_has_not_arrived_either(self, newsdesk, outbox):
        put(outbox, "archive", "a", ago=10_000)
        outbox.bury(*outbox.claim(["archive"], lease=60), error="refused")
        told = newsdesk("outbox", "status", "--fail-over", "1h", "--json", code=1)
        assert told.stderr == "Older than 1 h: 1 dead for archive (3 hours); see 'newsdesk outbox list'\n"
        assert json.loads(told.stdout)["oldest_age"] > 9000

    @pytest.mark.parametrize(
        ("text", "code"),
        [("59s", 1), ("60", 1), ("1m30s", 1), ("2.5m", 0), ("1h", 0), ("1d12h", 0), ("1w", 0)],
    )
    def test_a_duration_is_seconds_or_has_units(self, newsdesk, outbox, text, code):
        put(outbox, "archive", "a", ago=100)
        newsdesk("outbox", "status", "--fail-over", text, code=code)

    @pytest.mark.parametrize("text", ["", "h", "1 h", "1y", "1h30", "-1h", "0", "0s", "nan", "inf", "1e999h"])
    def test_what_is_not_a_duration_is_refused_with_examples(self, newsdesk, outbox, text):
        told = newsdesk("outbox", "status", "--fail-over", text, code=2).stderr
        assert "Invalid value for '--fail-over': " in told

    def test_the_deadline_of_send_is_spelled_in_the_same_way(self, newsdesk, outbox):
        put(outbox, "archive", "a")
        newsdesk("outbox", "send", "--deadline", "1m")


MEASURED = """
import resource, sys
from newsdesk.cli import main
sys.argv[1:] = ["outbox", "list", "--outbox", sys.argv[1], "--json"]
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


def many(path, count):
    """Make an outbox with machines that came in no order."""
    with Outbox(path) as outbox:
        outbox.put("archive", machine("first"))
        outbox._database.write(
            lambda db: db.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                "INSERT INTO entries (number, label, project_name, name, revision, size, state, error, created, due) "
                "SELECT i, label, project_name, CAST(i AS BLOB), revision, size, state, ?, "
                "created - (i * 7919) % 100003, due FROM n, (SELECT * FROM entries)",
                (count - 1, "TransientReporterError: " + "the backend is down " * 20),
            )
        )
    return path


@pytest.mark.large
def test_a_hundred_thousand_are_listed_in_order_and_in_little_memory(folder):
    few, most = many(folder / "few.db", 100), many(folder / "many.db", 100_000)
    megabytes = {}
    for path in (few, most):
        with (folder / "list.jsonl").open("wb") as output:
            done = subprocess.run(
                [sys.executable, "-c", MEASURED, path], stdout=output, stderr=subprocess.PIPE, check=True
            )
        megabytes[path] = int(done.stderr)
    with (folder / "list.jsonl").open() as listed:
        since = [json.loads(line)["since"] for line in listed]
    assert len(since) == 100_000
    assert since == sorted(since)
    assert megabytes[most] < megabytes[few] + 20  # the list itself has 60 MB
