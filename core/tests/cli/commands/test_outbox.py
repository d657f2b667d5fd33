"""`newsdesk outbox`: what is owed is seen, sent, mended and taken along."""

import json
import re
import time

import pytest
from newsdesk.cli.commands.deliver.outbox import STATES
from newsdesk.machine import Machine
from newsdesk.outbox import Bounds, Outbox, State

CONFIG = """
reporters:
  - files: {path: out}
    label: archive
  - acme_reporters.Fails:
    label: strict
    required: false
outbox: owed.db
"""


def untimed(text):
    """Take out how long something took on this computer."""
    return re.sub(r"\b\d+ seconds", "some seconds", text)


def machine(name, revision=0):
    return Machine(name=name, project_name="north", metadata={"n": revision})


@pytest.fixture
def outbox(folder):
    with Outbox(folder / "owed.db") as made:
        yield made


@pytest.fixture
def config(acme, write):
    return write("newsdesk.yaml", CONFIG)


@pytest.fixture
def downs(distribution):
    source = """
        from newsdesk import BaseReporter, TransientReporterError

        class Down(BaseReporter):
            def report(self, machine):
                raise TransientReporterError("down")
    """
    return distribution("downs", {"downs": source})


@pytest.fixture
def dead(outbox):
    """Three dead machines."""
    for name in "abc":
        outbox.put("archive", machine(name))
        [entry] = outbox.claim(["archive"], lease=60)
        outbox.bury(entry, error="PermanentReporterError: refused")


class TestStatus:
    def test_it_counts_by_reporter_and_state(self, newsdesk, config, dead, outbox):
        outbox.put("archive", machine("d"))
        outbox.put("strict", machine("d"))
        outbox.claim(["strict"], lease=60)
        assert untimed(newsdesk("outbox", "status").stdout).splitlines() == [
            "archive: 3 dead, the oldest for some seconds",
            "archive: 1 owed, the oldest for some seconds",
            "strict: 1 claimed, the oldest for some seconds",
        ]

    def test_nothing_owed_is_told(self, newsdesk, config):
        assert newsdesk("outbox", "status").stdout == "Nothing is owed.\n"

    def test_a_label_that_the_config_no_longer_has_is_told(self, newsdesk, config, outbox):
        outbox.put("gone", machine("a"))
        assert untimed(newsdesk("outbox", "status").stdout) == (
            "gone: 1 owed, the oldest for some seconds; the config has no reporter of that label\n"
        )

    def test_it_can_be_read_by_a_program(self, newsdesk, config, outbox):
        outbox.put("archive", machine("a"))
        outbox.put("gone", machine("a"))
        told = [json.loads(line) for line in newsdesk("outbox", "status", "--json").stdout.splitlines()]
        ages = [row.pop("oldest_age") for row in told]
        size = next(outbox.entries()).size
        assert all(0 <= age < 600 for age in ages)
        assert told == [
            {"reporter": "archive", "state": "owed", "count": 1, "known": True, "bytes": size},
            {"reporter": "gone", "state": "owed", "count": 1, "known": False, "bytes": size},
        ]

    def test_a_program_can_see_since_when_the_oldest_is_owed(self, newsdesk, config, dead, outbox):
        for name in ("d", "e"):
            outbox.put("archive", machine(name))
        hour_ago = time.time() - 3600
        outbox._database.write(
            lambda db: db.execute("UPDATE entries SET created = ? WHERE id = 4", (hour_ago,))
        )
        told = map(json.loads, newsdesk("outbox", "status", "--json").stdout.splitlines())
        ages = {row["state"]: row["oldest_age"] for row in told}
        assert 0 <= ages["dead"] < 600
        assert 3600 <= ages["owed"] < 4200

    @pytest.mark.parametrize(
        ("text", "seconds"), [("10 minutes", 600), ("3 hours", 3 * 3600), ("5 days", 5 * 86400)]
    )
    def test_how_long_the_oldest_has_waited_is_told_in_a_fitting_unit(
        self, newsdesk, config, outbox, text, seconds
    ):
        outbox.put("archive", machine("a"))
        created = time.time() - seconds
        outbox._database.write(lambda db: db.execute("UPDATE entries SET created = ?", (created,)))
        assert newsdesk("outbox", "status").stdout == f"archive: 1 owed, the oldest for {text}\n"

    def test_an_outbox_can_be_named_without_a_config(self, newsdesk, outbox, folder):
        outbox.put("archive", machine("a"))
        assert newsdesk("outbox", "status", "--outbox", folder / "owed.db").stdout.startswith(
            "archive: 1 owed"
        )

    def test_a_name_that_is_no_file_is_refused_and_not_made(self, newsdesk, folder):
        told = newsdesk("outbox", "status", "--outbox", "typo.db", code=2).stderr
        assert "File 'typo.db' does not exist." in told
        assert not (folder / "typo.db").exists()

    def test_without_any_outbox_it_says_where_to_name_one(self, newsdesk):
        told = newsdesk("outbox", "status", code=2).stderr
        assert told == "Error: no outbox; give one with --outbox, or in the config with 'outbox: PATH'\n"

    def test_a_damaged_outbox_is_told_as_such(self, newsdesk, config, folder):
        (folder / "owed.db").write_bytes(b"x" * 8192)
        told = newsdesk("outbox", "status", code=2).stderr
        assert "cannot be read: file is not a database; the file is damaged: move it away" in told


class TestSend:
    def test_what_is_owed_is_sent(self, newsdesk, config, outbox, folder):
        for name in "ab":
            outbox.put("archive", machine(name))
        told = newsdesk("outbox", "send")
        assert "archive: 2 delivered" in told.stdout
        assert sorted(path.stem for path in (folder / "out").rglob("*.json")) == ["a", "b"]
        assert newsdesk("outbox", "status").stdout == "Nothing is owed.\n"

    def test_receipts_can_be_read_by_a_program(self, newsdesk, config, outbox):
        outbox.put("archive", machine("a"))
        [told] = map(json.loads, newsdesk("outbox", "send", "--json").stdout.splitlines())
        assert (told["machine"]["name"], told["reporter"], told["status"]) == ("a", "archive", "delivered")

    @pytest.mark.parametrize(("labels", "code"), [(["archive"], 0), (["archive", "strict"], 3)])
    def test_a_best_effort_that_fails_for_good_is_exit_code_3(self, newsdesk, config, outbox, labels, code):
        for label in labels:
            outbox.put(label, machine("a"))
        newsdesk("outbox", "send", code=code)

    def test_a_required_one_that_fails_for_good_is_exit_code_1(self, newsdesk, config, outbox, write):
        outbox.put("strict", machine("a"))
        write("newsdesk.yaml", CONFIG.replace("required: false", "required: true"))
        newsdesk("outbox", "send", code=1)

    @pytest.mark.parametrize("required", ["delivered", "spooled", "false"])
    @pytest.mark.parametrize(("option", "code"), [([], 1), (["--allow-owed"], 0)])
    def test_what_is_still_owed_is_exit_code_1_unless_that_is_allowed(  # noqa: PLR0917  (fixtures)
        self, newsdesk, downs, outbox, write, required, option, code
    ):
        write(
            "newsdesk.yaml",
            f"reporters: [{{downs.Down: , label: a, required: {required}}}]\noutbox: owed.db\n",
        )
        outbox.put("a", machine("a"))
        told = newsdesk("outbox", "send", *option, code=code)
        assert "north/a at a: spooled\n" in told.stderr
        assert told.stderr.endswith("1 spooled (north/a): TransientReporterError: down\n1 still owed.\n")

    def test_what_another_sender_has_claimed_is_still_owed(self, newsdesk, config, outbox):
        outbox.put("archive", machine("a"))
        outbox.claim(["archive"], lease=60)
        told = newsdesk("outbox", "send", code=1)
        assert told.stderr == "1 still owed.\n"

    def test_a_label_that_the_config_no_longer_has_is_told_and_stays(self, newsdesk, config, outbox):
        outbox.put("gone", machine("a"))
        assert (
            "gone: the config has no reporter of that label; its records stay. Labels: archive, strict\n"
            in newsdesk("outbox", "send", code=1).stderr
        )
        assert outbox.counts() == {("gone", State.OWED): 1}

    def test_what_was_delivered_before_ctrl_c_is_told(self, newsdesk, distribution, outbox, write):
        source = """
            import os, signal, threading
            from newsdesk import BaseReporter

            class Interrupted(BaseReporter):
                def report(self, machine):
                    if machine.name == "b":
                        os.kill(os.getpid(), signal.SIGINT)
                        threading.Event().wait()
        """
        distribution("acme", {"acme": source})
        write("newsdesk.yaml", "reporters: [{acme.Interrupted: , label: a}]\noutbox: owed.db\n")
        for name in "ab":
            outbox.put("a", machine(name))
        told = newsdesk("outbox", "send", code=130)
        assert "a: 1 delivered" in told.stdout
        assert told.stderr.endswith("Stopped by SIGINT.\n")
        assert outbox.counts() == {("a", State.OWED): 1}

    @pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1"])
    def test_a_deadline_is_a_finite_number_above_0(self, newsdesk, config, seconds):
        told = newsdesk("outbox", "send", "--deadline", seconds, code=2).stderr
        assert "Invalid value for '--deadline': " in told

    def test_a_deadline_ends_it_and_the_rest_is_told(self, newsdesk, acme, outbox, write):
        write("newsdesk.yaml", "reporters: [{acme_reporters.Hangs: , label: a}]\noutbox: owed.db\n")
        for name in "ab":
            outbox.put("a", machine(name))
        told = newsdesk("outbox", "send", "--deadline", "0.3", code=1)
        assert "2 still owed.\n" in told.stderr
        assert [entry.attempts for entry in outbox.entries()] == [0, 0]

    def test_another_outbox_than_the_configs_can_be_sent(self, newsdesk, config, folder):
        with Outbox(folder / "other.db", Bounds()) as other:
            other.put("archive", machine("a"))
        assert "archive: 1 delivered" in newsdesk("outbox", "send", "--outbox", "other.db").stdout


class TestDead:
    def test_those_that_are_named_are_sent_again(self, newsdesk, config, dead):
        assert newsdesk("outbox", "requeue", 1, 3).stdout == "2 owed again.\n"
        assert "archive: 2 delivered" in newsdesk("outbox", "send").stdout
        assert newsdesk("outbox", "status").stdout.startswith("archive: 1 dead, ")

    def test_all_are_sent_again_when_none_is_named(self, newsdesk, config, dead):
        assert newsdesk("outbox", "requeue").stdout == "3 owed again.\n"

    def test_a_number_that_is_not_among_them_is_refused_and_nothing_is_changed(self, newsdesk, config, dead):
        told = newsdesk("outbox", "requeue", 1, 7, 9, code=2).stderr
        assert "no dead records 7, 9; see 'newsdesk outbox dead'" in told
        assert newsdesk("outbox", "status").stdout.startswith("archive: 3 dead, ")

    def test_one_that_was_overtaken_is_told_as_such(self, newsdesk, config, dead, outbox):
        outbox.put("archive", machine("a", revision=1))
        assert newsdesk("outbox", "requeue", 1, 2).stdout.splitlines() == [
            "1 owed again.",
            "1 deleted: a newer revision of the machine is owed.",
        ]


class TestPrune:
    def test_without_an_age_nothing_is_deleted(self, newsdesk, config, outbox, dead):
        outbox.put("archive", machine("z"))
        assert newsdesk("outbox", "prune").stdout == "0 dead deleted.\n"
        assert outbox.counts() == {("archive", State.DEAD): 3, ("archive", State.OWED): 1}

    def test_the_dead_go_when_they_are_old_enough_and_what_is_owed_stays(
        self, newsdesk, config, outbox, dead
    ):
        outbox.put("archive", machine("z"))
        a_day_ago = time.time() - 86400
        outbox._database.write(lambda db: db.execute("UPDATE entries SET due = ? WHERE id < 3", (a_day_ago,)))
        assert newsdesk("outbox", "prune", "--dead-days", "0.9").stdout == "2 dead deleted.\n"
        assert outbox.counts() == {("archive", State.DEAD): 1, ("archive", State.OWED): 1}


class TestExport:
    def test_what_is_printed_is_what_report_reads_and_nothing_is_taken_out(
        self, newsdesk, config, dead, outbox
    ):
        outbox.put("strict", machine("d"))
        told = newsdesk("outbox", "export").stdout
        again = newsdesk("report", "-", "--to", "{files: {path: again}}", "--json", stdin=told).stdout
        assert [json.loads(line)["machine"]["name"] for line in again.splitlines()] == ["a", "b", "c", "d"]
        assert sum(outbox.counts().values()) == 4

    def test_only_some_states_can_be_printed(self, newsdesk, config, dead, outbox):
        outbox.put("archive", machine("d"))
        told = newsdesk("outbox", "export", "--state", "owed").stdout
        assert [json.loads(line)["name"] for line in told.splitlines()] == ["d"]

    def test_what_is_delivered_and_on_standby_is_printed_when_it_is_asked_for(self, newsdesk, config, outbox):
        _, newer = outbox.begin(["archive"], [machine("a").key] * 2, lease=60)
        outbox.settle(machine("a"), newer["archive"])
        names = [
            [json.loads(line)["name"] for line in newsdesk("outbox", "export", *state).stdout.splitlines()]
            for state in ((), ("--state", "standby"))
        ]
        assert names == [[], ["a"]]

    def test_a_damaged_record_is_told_and_the_others_are_printed(self, newsdesk, config, dead, outbox):
        outbox._database.write(lambda db: db.execute("UPDATE records SET record = x'7b7d' WHERE id = 2"))
        told = newsdesk("outbox", "export", code=1)
        assert [json.loads(line)["name"] for line in told.stdout.splitlines()] == ["a", "c"]
        assert told.stderr == (
            "entry 2 (north/b for archive) is damaged: its record is not what was kept; report the machine again\n"
        )


def test_the_states_to_choose_from_are_those_of_an_entry():
    assert [str(state) for state in State] == list(STATES)
