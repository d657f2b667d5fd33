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


def test_ping_writes_to_the_outbox(newsdesk, write, folder):
    write("newsdesk.yaml", "reporters: [null]\noutbox: owed.db")
    newsdesk("check")
    assert not (folder / "owed.db").exists()
    assert newsdesk("check", "--ping").stdout.splitlines() == [
        "null: reached",
        f"outbox: {folder / 'owed.db'} can be written",
    ]
    assert newsdesk("outbox", "status").stdout == "Nothing is owed.\n"


def test_an_outbox_that_cannot_be_written_shows_before_the_outage(newsdesk, write):
    write("file", "")
    write("newsdesk.yaml", "reporters: [null]\noutbox: file/owed.db")
    told = newsdesk("check", "--ping", code=2)
    assert told.stdout == "null: reached\n"
    assert told.stderr.startswith("Error: ")
    assert "file/owed.db" in told.stderr


def test_a_required_backend_that_does_not_answer_gives_1(newsdesk, acme, write):
    newsdesk("check", "--ping", "--config", write("c.yaml", "reporters: [acme_reporters.Fails]"), code=1)


def test_all_backends_there_gives_0(newsdesk, write):
    write("newsdesk.yaml", "reporters: [null]")
    assert newsdesk("check", "--ping").stdout == "null: reached\n"


@pytest.mark.parametrize(("required", "code"), [("true", 1), ("spooled", 1), ("false", 3)])
@pytest.mark.parametrize("option", [[], ["--ping"]])
def test_references_that_do_not_resolve_are_all_reported_once(newsdesk, write, required, code, option):
    write(
        "c.yaml",
        f"outbox: owed.db\nreporters:\n- files: {{path: '${{env:NOPE}}/${{file:nowhere}}'}}\n  required: {required}\n",
    )
    result = newsdesk("check", *option, "--config", "c.yaml", code=code)
    name = "files (best effort)" if code == 3 else "files"
    assert result.stderr.splitlines() == [
        f"{name}: path: ${{env:NOPE}}: the environment variable NOPE is not set; set it",
        f"{name}: path: ${{file:nowhere}}: the file cannot be read (No such file or directory); "
        "fix the path or its permissions",
    ]
    assert "NOPE is not set" not in result.stdout


def test_what_a_reference_resolves_to_is_checked_without_being_shown(
    newsdesk, distribution, write, monkeypatch
):
    source = """
        from newsdesk import BaseReporter, DefinitionError, Secret

        class Keyed(BaseReporter):
            def __init__(self, key: Secret) -> None:
                if "${" not in key and len(key) != 8:
                    raise DefinitionError(f"the key {key} must have 8 characters")

            def report(self, machine): ...
    """
    distribution("keyed", {"keyed": source})
    monkeypatch.setenv("THE_KEY", "hunter2-hunter2")
    write("newsdesk.yaml", "reporters: [{keyed.Keyed: {key: '${env:THE_KEY}'}, label: it}]")
    assert (
        newsdesk("check", code=1).stderr == "it: the key *** must have 8 characters; fix what it points to\n"
    )
    monkeypatch.setenv("THE_KEY", "hunter22")
    assert newsdesk("check").stderr == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_file_that_never_ends_is_reported_within_the_deadline(newsdesk, write, folder):
    os.mkfifo(folder / "pipe")
    write("newsdesk.yaml", "deadline: 0.3\nreporters: [{files: {path: '${file:pipe}'}}]")
    assert newsdesk("check", code=1).stderr == (
        "files: its references did not resolve within 0.3 s; check the files that ${file:…} names; is one a pipe?\n"
    )


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("$NOPE/x", "'$NOPE' is taken literally; for the environment variable write ${env:NOPE}"),
        ("${NOPE}/x", "'$NOPE' is taken literally; for the environment variable write ${env:NOPE}"),
        ("${evn:NOPE}", "it has a '${' and is taken literally; references are ${env:NAME} and ${file:PATH}"),
        ("${env:NOPE", "it has a '${' and is taken literally; references are ${env:NAME} and ${file:PATH}"),
    ],
)
def test_what_looks_like_a_reference_is_a_warning(newsdesk, write, path, told):
    write("newsdesk.yaml", {"reporters": [{"files": {"path": path}}]})
    result = newsdesk("check")
    assert result.stderr == f"Warning: files: path: {told}\n"
    assert result.stdout == f"files: FilesReporter(path={path!r})\n"


@pytest.mark.parametrize("path", ["100$", "a$b", "$$NOPE", "cost-$5", "US$HOME", "x/$n"])
def test_any_other_dollar_is_data(newsdesk, write, path):
    write("newsdesk.yaml", {"reporters": [{"files": {"path": path}}]})
    assert newsdesk("check").stderr == ""


@pytest.mark.parametrize("token", ["$HUNTER_TWO", "${HUNTER_TWO}", "x/$HUNTER_TWO"])
def test_a_secret_that_looks_like_a_reference_is_not_shown(newsdesk, acme, write, token):
    write(
        "newsdesk.yaml",
        {"reporters": [{"acme_reporters.Takes": {"first": 1, "token": token}, "label": "it"}]},
    )
    result = newsdesk("check")
    assert result.stderr == (
        "Warning: it: token: it has a '$' and is taken literally; for an environment variable write ${env:NAME}\n"
    )
    assert "HUNTER" not in result.stdout + newsdesk("doctor").stdout


def test_what_a_reporter_finds_wrong_with_itself_is_reported(newsdesk, distribution, write):
    source = """
        from newsdesk import BaseReporter, Finding

        class Letters(BaseReporter):
            def report(self, machine): ...

            def findings(self, *, ping):
                assert not ping
                yield Finding("letters go out daily")
                yield Finding("it has no stamps", "buy some")
    """
    distribution("letters", {"letters": source})
    write("newsdesk.yaml", "reporters: [{letters.Letters: {}, label: letters}]")
    assert newsdesk("check", code=1).stderr == "letters: it has no stamps; buy some\n"


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


@pytest.mark.usefixtures("permissions")
@pytest.mark.parametrize("command", ["check", "doctor"])
def test_a_working_folder_that_may_not_be_looked_into_is_told(newsdesk, folder, command):
    folder.chmod(0)
    try:
        told = newsdesk(command, code=2).stderr
    finally:
        folder.chmod(0o700)
    assert told == (
        "Error: cannot look for newsdesk.yaml in the working folder: Permission denied; give a config with "
        "--config, or use another folder\n"
    )
