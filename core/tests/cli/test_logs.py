"""What the command logs, and how."""

import json
import logging
import os
import subprocess
import sys

import pytest


def lines(result):
    return [json.loads(line) for line in result.stderr.splitlines()]


def test_json_has_a_line_for_each_receipt_and_nothing_else(newsdesk, machine):
    result = newsdesk(
        "report", machine, "--to", "null", "--to", "{files: {path: there}}", "--log-format", "json"
    )
    found = lines(result)
    assert [line["receipt"]["reporter"] for line in found] == ["null", "files"]
    for line in found:
        assert {*line} == {"time", "level", "logger", "message", "receipt"}
        assert line["level"] == "info"
        assert line["receipt"]["machine"] == {"project_name": "north", "name": "compressor"}
        assert line["receipt"]["status"] == "delivered"


@pytest.mark.parametrize("options", [[], ["-vv"], ["--log-format", "json"], ["--log-level", "debug"]])
@pytest.mark.parametrize("code", [0, 2])
def test_a_command_leaves_the_logging_of_its_process_as_it_was(newsdesk, machine, options, code):
    loggers = (logging.root, logging.getLogger("newsdesk"))
    before = [(logger.level, [*logger.handlers]) for logger in loggers]
    newsdesk("report", machine if code == 0 else "nothing.json", "--to", "null", *options, code=code)
    assert [(logger.level, [*logger.handlers]) for logger in loggers] == before


def test_a_failure_is_a_warning_with_its_error_and_is_told_once(newsdesk, machine, acme):
    result = newsdesk("report", machine, "--to", "acme_reporters.Fails", "--log-format", "json", code=1)
    [line] = lines(result)
    assert line["level"] == "warning"
    assert line["receipt"]["error"] == "PermanentReporterError: refused"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "nothing.json", "--to", "null"], "there is no file 'nothing.json'"),
        (["report", "--workers", "0", "x"], "Invalid value for '--workers': 0 is not in the range x>=1."),
        (
            ["check"],
            "no reporters: name a config with --config, or put newsdesk.yaml here with 'reporters' in it",
        ),
    ],
)
def test_errors_of_usage_and_config_are_lines_too(newsdesk, arguments, message):
    [line] = lines(newsdesk("--log-format", "json", *arguments, code=2))
    assert (line["level"], line["message"]) == ("error", message)


def test_a_name_with_line_breaks_stays_on_one_line(newsdesk, write):
    record = write("m.json", {"name": "a\nb\u2028c\x85d\x1b[31m"})
    result = newsdesk("report", record, "--to", "null", "--log-format", "json")
    assert result.stderr.isascii()
    [line] = lines(result)
    assert line["receipt"]["machine"]["name"] == "a\nb\u2028c\x85d\x1b[31m"


def test_secrets_are_masked_in_both_formats(newsdesk, machine, distribution, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "hunter2-of-the-environment")
    source = """
        import logging
        from newsdesk import BaseReporter

        class Tells(BaseReporter):
            def report(self, machine):
                logging.getLogger("lib").warning("token hunter2-of-the-environment, http://u:pass4711@host/")
    """
    distribution("acme-tells", {"tells": source})
    for form in ("json", "text"):
        told = newsdesk(
            "report", machine, "--to", "tells.Tells", "--log-format", form, "--log-level", "info"
        ).stderr
        assert "token ***, http://u:***@host/" in told
        assert "hunter2" not in told


def test_quiet_prints_failures_alone(newsdesk, machine, acme):
    silent = newsdesk("report", machine, "--to", "null", "--quiet")
    assert (silent.stdout, silent.stderr) == ("", "")
    loud = newsdesk("report", machine, "--to", "null", "--to", "acme_reporters.Fails", "-q", code=1)
    assert loud.stdout == ""
    assert "PermanentReporterError: refused" in loud.stderr
    assert "delivered" not in loud.stderr


def test_quiet_leaves_data_as_it_is(newsdesk, machine):
    receipt = json.loads(newsdesk("report", machine, "--to", "null", "--json", "-q").stdout)
    assert receipt["status"] == "delivered"


@pytest.mark.parametrize("place", [("-v", "report"), ("report", "-v")])
def test_verbose_may_come_before_the_command_or_after_it(newsdesk, machine, place):
    options = [*place, machine, "--to", "null"]
    assert "INFO newsdesk.delivery.pipeline: north/compressor at null: delivered" in newsdesk(*options).stderr


def test_a_level_decides_what_is_logged(newsdesk, machine, acme):
    to = ["--to", "null", "--to", "acme_reporters.Fails", "--log-format", "json"]
    found = lines(newsdesk("report", machine, *to, "--log-level", "warning", code=1))
    assert [line["level"] for line in found] == ["warning"]
    assert lines(newsdesk("report", machine, *to, "--log-level", "error", code=1)) == []


def test_every_option_has_an_environment_variable(newsdesk, machine, write, monkeypatch):
    write("c.yaml", "reporters: ['null']")
    monkeypatch.setenv("NEWSDESK_CONFIG", "c.yaml")
    monkeypatch.setenv("NEWSDESK_LOG_FORMAT", "json")
    assert [line["receipt"]["reporter"] for line in lines(newsdesk("report", machine))] == ["null"]
    monkeypatch.setenv("NEWSDESK_REPORT_TO", "console files.NoSuchReporter")
    [line] = lines(newsdesk("report", machine, code=2))
    assert "files.NoSuchReporter" in line["message"]
    [line] = lines(newsdesk("report", machine, "--to", "null"))
    assert line["receipt"]["reporter"] == "null"


def test_an_option_of_a_subcommand_has_one_with_both_names(newsdesk, write, monkeypatch, folder):
    write("newsdesk.yaml", "reporters: ['null']\noutbox: owed.db")
    monkeypatch.setenv("NEWSDESK_OUTBOX_SEND_DEADLINE", "x")
    assert "Invalid value for '--deadline'" in newsdesk("outbox", "send", code=2).stderr


def test_it_runs_as_a_module(folder):
    command = [sys.executable, "-m", "newsdesk", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout
    assert told.startswith("Usage: python -m newsdesk [OPTIONS] COMMAND [ARGS]...")


@pytest.mark.parametrize(
    "config",
    [
        "reporters: ['https://u:SEKRET@h/hook']",
        "{reporters: ['null'], plugins: ['https://u:SEKRET@h']}",
        "{reporters: ['null'], environments: {dev: 'postgresql://u:SEKRET@h/x'}}",
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_shows_no_password_within_a_url(newsdesk, write, config, form):
    write("newsdesk.yaml", config)
    told = newsdesk("check", "--log-format", form, code=2).stderr
    assert "u:***@h" in told
    assert "SEKRET" not in told


def test_without_a_log_what_a_library_warns_of_is_printed_once_and_masked(acme, machine):
    (acme / "warns.py").write_text(
        "import logging\n"
        "from newsdesk import BaseReporter\n"
        "class Warns(BaseReporter):\n"
        "    def report(self, machine):\n"
        "        for name in ('newsdesk.delivery', 'lib', 'root'):\n"
        "            logging.getLogger(name).warning('%s: ftp://u:SEKRET@h', name)\n"
        "        logging.getLogger('lib').info('much')\n"
    )
    command = [sys.executable, "-m", "newsdesk", "report", machine, "--to", "warns.Warns", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(acme)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr
    assert told.splitlines() == ["lib: ftp://u:***@h", "root: ftp://u:***@h"]


def test_an_error_of_usage_shows_no_password_within_a_url(newsdesk):
    told = newsdesk("outbox", "status", "--fail-over", "https://u:SEKRET@h", code=2).stderr
    assert "u:***@h" in told
    assert "SEKRET" not in told
