"""The command as it is installed: exit codes, streams, signals, a terminal."""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import click
import pytest
from newsdesk.cli.main import main

COMMAND = [str(Path(sysconfig.get_path("scripts"), "newsdesk"))]


@pytest.fixture
def environment(acme):
    """Where a process of its own finds the reporters that misbehave."""
    return {**os.environ, "PYTHONPATH": str(acme), "COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture
def shell(environment):
    """Run the installed command in a process of its own."""

    def shell(*arguments, code=0, stdin="", **variables):
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            env={**environment, **variables},
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    return shell


# The installed command.


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--to", "null"], 0),
        (["--to", "acme_reporters.Fails", "--to", "null"], 1),
        (["--to", "fils"], 2),
        (["--to", "{acme_reporters.Fails: {}, required: false}"], 3),
    ],
)
def test_its_exit_code_tells_what_became_of_it(shell, arguments, code):
    shell("report", "-", *arguments, code=code, stdin='{"name": "a"}')


def test_json_is_all_that_is_on_standard_output_whatever_reporters_print(shell):
    to = ["--to", "acme_reporters.Prints", "--to", "console", "--to", "acme_reporters.Fails"]
    done = shell("report", "-", "--json", *to, code=1, stdin='{"name": "a"}\n{"name": "b"}\n')
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(receipt["machine"]["name"], receipt["status"]) for receipt in told] == [
        *(("a", status) for status in ("delivered", "delivered", "failed")),
        *(("b", status) for status in ("delivered", "delivered", "failed")),
    ]


def test_without_a_terminal_there_are_plain_lines_and_no_colours(shell):
    done = shell("report", "-", "--to", "null", stdin='{"name": "a"}')
    assert done.stderr == "/a at null: delivered\n"
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_what_the_terminal_cannot_show_is_escaped(shell, encoding):
    machines = [{"name": f"↯ {number} \ud800"} for number in range(70)]
    done = shell("report", "-", "--to", "null", stdin=json.dumps(machines), PYTHONIOENCODING=encoding)
    assert "null: 70 delivered" in done.stdout


def test_a_reporter_that_hangs_does_not_keep_the_command_from_ending(shell, folder):
    (folder / "newsdesk.yaml").write_text("reporters: [acme_reporters.Hangs, null]\ndeadline: 0.5\n")
    done = shell("report", "-", code=1, stdin='{"name": "a"}')
    assert "null: 1 delivered" in done.stdout
    assert "did not finish before the deadline" in done.stderr


def test_ctrl_c_ends_it_while_a_reporter_hangs_and_tells_what_was_delivered(environment, folder):
    (folder / "newsdesk.yaml").write_text("reporters: [acme_reporters.Hangs]\ndeadline: 100000\n")
    (folder / "a.json").write_text('{"name": "a"}')
    process = subprocess.Popen(
        [*COMMAND, "report", "a.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stderr.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert told.endswith("Stopped by SIGINT.\n")


def test_ctrl_c_while_it_is_loaded_shows_no_traceback(shell, tmp_path):
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    assert shell("report", code=130, PYTHONPATH=str(tmp_path)).stderr == ""


def test_a_program_ends_at_once_though_a_reporter_of_its_desk_hangs(environment):
    program = """if True:
        import newsdesk
        try:
            newsdesk.report({"name": "a"}, "acme_reporters.Hangs", deadline=0.3)
        except* newsdesk.TransientReporterError as failed:
            print(failed.exceptions[0])
    """
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=True,
    )
    assert done.stdout.startswith("the reporter 'acme_reporters.Hangs' did not finish before the deadline")


def test_verbose_tells_each_delivery_on_standard_error(shell):
    loud = shell("-v", "report", "-", "--to", "null", stdin='{"name": "a"}').stderr
    assert "INFO newsdesk.delivery.pipeline: /a at null: delivered, 1 attempts" in loud


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["report", "a.json", "--to", "acme_reporters.Buggy"], 1),
        (["report", "a.json", "--to", "acme_reporters.Buggy", "--workers", "2"], 1),
        (["plan", "a.json", "--to", "acme_reporters.Buggy"], 1),
        (["missing", "a.json", "--to", "acme_reporters.Buggy"], 1),
        (["backfill", "a.json", "--to", "acme_reporters.Buggy"], 1),
        (["check", "--ping"], 1),
        (["doctor", "--ping"], 1),
    ],
    ids=lambda given: "-".join(given[:1] + given[4:]) if isinstance(given, list) else "",
)
def test_a_bug_in_a_reporter_is_shown_with_its_type_and_logged_with_its_traceback(
    shell, write, arguments, code
):
    write("a.json", {"name": "a"})
    write("newsdesk.yaml", "reporters: [acme_reporters.Buggy]")
    quiet = shell(*arguments, code=code)
    assert "TypeError: unsupported operand" in quiet.stdout + quiet.stderr
    assert "Traceback" not in quiet.stdout + quiet.stderr
    loud = shell("-vv", *arguments, code=code).stderr
    assert "Traceback" in loud
    assert "    return [] / 0\n" in loud


def test_a_bug_in_a_plugin_module_is_logged_with_its_traceback(shell, distribution, monkeypatch):
    source = "def fails():\n    return [] / 0\n\nfails()"
    site = distribution("acme-bad", {"bad_plugin": source}, entries={"bad": "bad_plugin"})
    for arguments, code in ((["reporters"], 0), (["reporters", "bad"], 2), (["doctor"], 1)):
        loud = shell("-vv", *arguments, code=code, PYTHONPATH=str(site)).stderr
        assert "    return [] / 0\n" in loud


def test_a_command_that_is_not_there_is_told_with_the_nearest(shell):
    told = "Error: there is no command 'reprot' (did you mean 'report'?); there are: report, plan, outbox, "
    assert told in shell("reprot", code=2).stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here that is always full")
@pytest.mark.parametrize(
    "arguments", [["schema"], ["report", "-", "--to", "null"], ["report", "-", "--to", "null", "--json"]]
)
def test_standard_output_on_a_full_disk_is_told_without_a_traceback(environment, arguments):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=b'{"name": "a"}',
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.decode().endswith(
        "Error: [Errno 28] No space left on device. Fix that and run it again; what was delivered is not "
        "delivered twice.\n"
    )


def test_a_reader_that_has_seen_enough_ends_it_in_silence(environment):
    reads_none = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    reads_none.wait()
    done = subprocess.run(
        [*COMMAND, "schema"], stdout=reads_none.stdin, stderr=subprocess.PIPE, env=environment, check=False
    )
    reads_none.stdin.close()
    assert done.stderr == b""


def test_a_working_folder_that_is_gone_is_told(folder):
    gone = folder.parent / "gone"
    gone.mkdir()
    code = f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); os.execv({COMMAND[0]!r}, ['newsdesk', 'doctor'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: [Errno 2] No such file or directory. Fix that and run it again; ")


# A terminal.


def test_on_a_terminal_a_bar_shows_how_far_it_is_and_no_lines_scroll_by(environment, write, on_terminal):
    write("many.json", [{"name": f"m{number}"} for number in range(30)])
    shown = on_terminal(["report", "many.json", "--to", "null"], environment)
    assert "━" in shown
    assert "30/30" in shown
    assert "null: 30 delivered" in shown
    assert "at null: delivered" not in shown


def test_a_name_is_one_line_and_no_command_to_the_terminal(environment, write, shell, on_terminal):
    write("a.json", {"name": "up\x1b[2J\ndown", "project_name": "p"})
    to = ["report", "a.json", "--to", "acme_reporters.Fails"]
    name = "p/up\\x1b[2J\\ndown"
    told = shell(*to, code=1).stderr.splitlines()
    assert told[0] == f"{name} at acme_reporters.Fails: failed"
    assert told[1].startswith(f"acme_reporters.Fails: 1 failed ({name}): ")
    shown = on_terminal(to, environment, code=1, raw=True)
    assert "\x1b[2J" not in shown
    assert shown.count(name) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["diff", "a.json", "b.json"], 1),
        (["gate", "a.json", "--baseline", "b.json"], 1),
        (["report", "a.json", "--to", "acme_reporters.Fails"], 1),
    ],
)
def test_no_color_turns_colours_off(environment, write, on_terminal, arguments, code):
    for name, tag in (("a.json", 1), ("b.json", 2)):
        write(name, {"name": "m", "dataset": {"tag": tag}})
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    assert colour.search(on_terminal(arguments, environment, code=code, raw=True))
    assert not colour.search(on_terminal(arguments, environment, code=code, raw=True, no_color=True))


def test_on_a_terminal_a_table_has_every_receipt_and_errors_stand_once_below_it(
    environment, write, on_terminal
):
    write("many.json", [{"name": f"m{number:02}"} for number in range(50)])
    to = ["--to", "null", "--to", "acme_reporters.Fails"]
    shown = on_terminal(["report", "many.json", *to], environment, code=1)
    for heading in ("machine", "reporter", "status", "attempts", "seconds", "reference"):
        assert heading in shown
    rows = [line for line in shown.splitlines() if "│ /m" in line]
    assert len(rows) == 60
    assert all("failed" in row for row in rows[:50])
    assert "… and 40 more receipts; --json gives all of them." in shown
    assert shown.count("refused") == 1


def test_a_file_gets_the_lines_that_standard_error_has_where_that_is_no_terminal(
    environment, write, on_terminal, folder
):
    write("many.json", [{"name": f"m{number:02}"} for number in range(70)])
    with (folder / "told.txt").open("wb") as file:
        on_terminal(["report", "many.json", "--to", "null"], environment, stdout=file)
    told = (folder / "told.txt").read_text().splitlines()
    assert told[:60] == [f"/m{number:02} at null: delivered" for number in range(60)]
    assert told[60] == "… and 10 more receipts; --json gives all of them."


def test_json_goes_to_a_file_whole_though_the_bar_is_on_a_terminal(environment, write, on_terminal, folder):
    write("many.json", [{"name": f"m{number}"} for number in range(30)])
    with (folder / "receipts.jsonl").open("wb") as file:
        shown = on_terminal(["report", "many.json", "--to", "null", "--json"], environment, stdout=file)
    told = [json.loads(line) for line in (folder / "receipts.jsonl").read_text().splitlines()]
    assert [receipt["machine"]["name"] for receipt in told] == [f"m{number}" for number in range(30)]
    assert "30/30" in shown


# Usage.


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ([], "Deliver the records of finished ML builds to MLflow"),
        (["report"], "All input is checked before anything is sent."),
        (["plan"], "Preview what `report` would send of the machines"),
        (["check"], "Check the config without sending anything."),
        (["reporters"], "List the installed reporters"),
        (["missing"], "List the machines in FILE... that"),
        (["backfill"], "Deliver the machines in FILE... that"),
        (["outbox"], "Inspect, retry and clean up undelivered records."),
        (["new"], "Create a plugin project for a reporter"),
        (["diff"], "Show what changed from machine A to machine B"),
        (["gate"], "Fail if a score of a CANDIDATE is worse"),
    ],
)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_each_command_has_help(newsdesk, command, says, option):
    told = newsdesk(*command, option).stdout
    assert told.startswith("Usage: newsdesk")
    assert says in " ".join(told.split())


def test_a_command_that_was_used_without_its_group_keeps_both_names_of_its_help(newsdesk):
    command = main.get_command(click.Context(main), "gate")
    command.get_params(click.Context(command))
    assert newsdesk("gate", "-h").stdout == newsdesk("gate", "--help").stdout


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ([], "report plan outbox backfill missing init check doctor reporters schema servers new diff gate"),
        (["outbox"], "status send dead requeue prune export"),
    ],
)
def test_help_lists_the_commands_and_cuts_none_of_their_texts(newsdesk, monkeypatch, group, names):
    monkeypatch.setenv("COLUMNS", "80")
    told = newsdesk(*group, "--help").stdout
    for name in names.split():
        assert f"\n  {name} " in told
    assert "..." not in told.partition("Options:")[2]


@pytest.mark.parametrize("command", ["report", "plan", "check", "reporters", "missing", "backfill", "new"])
def test_an_option_that_is_not_there_is_wrong_usage(newsdesk, command):
    told = newsdesk(command, "--colour", code=2).stderr
    assert "No such option" in told
    assert "--colour" in told


def test_a_misspelled_option_is_told_the_nearest(newsdesk):
    told = newsdesk("report", "x", "--confg", "y", code=2).stderr
    assert "--config" in told.partition("--confg")[2]


def test_a_command_that_is_not_there_is_wrong_usage(newsdesk):
    assert "there is no command 'sned'; there are: " in newsdesk("sned", code=2).stderr


def test_the_version_is_told(newsdesk):
    assert re.fullmatch(r"newsdesk \d+\.\d+\.\d+\n", newsdesk("--version").stdout)
