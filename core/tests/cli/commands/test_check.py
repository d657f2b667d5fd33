"""`newsdesk check`: is the config right, and are its backends there?"""

import os

import pytest

CONFIG = """
reporters:
- {files: {path: out}, label: disk}
- {acme_reporters.Fails: {}, required: false, label: chat}
"""


def test_a_right_config_is_shown_with_its_secrets_masked(newsdesk, acme, write):
    write("newsdesk.yaml", "reporters: [{acme_reporters.Takes: {first: 1, token: hunter2}}, null]")
    told = newsdesk("check").stdout
    assert told.splitlines()[1] == "null: NullReporter()"
    assert told.startswith("acme_reporters.Takes: Takes(first=1, ")
    assert "hunter2" not in told


def test_best_effort_is_said(newsdesk, acme, write):
    write("c.yaml", CONFIG)
    assert newsdesk("check", "--config", "c.yaml").stdout.splitlines() == [
        "disk: FilesReporter(path='out')",
        "chat (best effort): Fails()",
    ]


def test_nothing_is_asked_without_ping(newsdesk, acme, write, folder):
    newsdesk("check", "--config", write("c.yaml", "reporters: [acme_reporters.Fails, {files: {path: out}}]"))
    assert not (folder / "out").exists()


def test_ping_tells_what_each_backend_answers(newsdesk, acme, write):
    result = newsdesk("check", "--ping", "--config", write("c.yaml", CONFIG), code=3)
    assert result.stdout.splitlines() == [
        "disk: reached",
        "chat (best effort): PermanentReporterError: no route to host",
    ]


def test_a_required_backend_that_does_not_answer_gives_1(newsdesk, acme, write):
    newsdesk("check", "--ping", "--config", write("c.yaml", "reporters: [acme_reporters.Fails]"), code=1)


def test_all_backends_there_gives_0(newsdesk, write):
    write("newsdesk.yaml", "reporters: [null]")
    assert newsdesk("check", "--ping").stdout == "null: reached\n"


def test_a_wrong_config_gives_2(newsdesk, write):
    result = newsdesk("check", "--config", write("c.yaml", "reporters: [nul]"), code=2)
    assert result.stderr.startswith("Error: the config 'c.yaml' cannot be used\n  - line 1: reporters.0: ")


def test_no_config_gives_2(newsdesk):
    assert newsdesk("check", code=2).stderr == (
        "Error: no reporters: name a config with --config, or put newsdesk.yaml here with 'reporters' in it\n"
    )


def test_a_plugin_that_the_config_asks_for_and_that_is_not_there_gives_2(newsdesk, write):
    write("newsdesk.yaml", "reporters: [null]\nplugins: [nobody]")
    assert newsdesk("check", code=2).stderr.startswith("Error: no plugin 'nobody' is installed; there are: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look everywhere")
@pytest.mark.parametrize("command", ["check", "doctor"])
def test_a_working_folder_that_may_not_be_looked_into_is_told(newsdesk, folder, command):
    folder.chmod(0)
    try:
        told = newsdesk(command, code=2).stderr
    finally:
        folder.chmod(0o700)
    assert told == (
        "Error: whether there is a newsdesk.yaml in the working folder cannot be told: Permission denied; "
        "name a config with --config, or work in another folder\n"
    )
