"""`newsdesk check`: is the config right, and are its backends there?"""

import json
import os
import re

import pytest
import yaml

CONFIG = """
reporters:
- {files: {path: out}, label: disk}
- {acme_reporters.Fails: {}, required: false, label: chat}
"""


def unaligned(text):
    return re.sub(r"(?<=\S) +# ", "  # ", text)


def test_the_config_is_printed_with_its_secrets_masked_and_where_each_value_is_from(
    newsdesk, acme, write, monkeypatch
):
    monkeypatch.setenv("SIZE", "5")
    write(
        "newsdesk.yaml",
        """
        reporters:
        - acme_reporters.Takes:
            first: ${env:NOPE:-1}
            token: hunter2
            size: ${env:SIZE}
          label: it
        - "null"
        outbox: owed.db
        """,
    )
    result = newsdesk("check")
    shown = """\
# newsdesk.yaml
reporters:
  - acme_reporters.Takes:  # line 3
      first: ${env:NOPE:-1}  # line 4; NOPE is not set; its default is used
      token: "***"  # line 5
      size: ${env:SIZE}  # line 6; SIZE is set
    label: it  # line 7
    # default: required: true, spool: on_failure
  - "null"  # line 8
    # default: label: "null", required: true, spool: on_failure
retry: {attempts: 8, initial: 0.5, maximum: 30.0}  # default
deadline: 60.0  # default
outbox: owed.db  # line 9
allow_import_paths: null  # default
plugins: []  # default
"""
    assert unaligned(result.stdout) == shown
    assert result.stderr == ""


ENVIRONMENTS = """
reporters:
- files: {path: base}
environments:
  dev:
    reporters: [{files: {path: dev}}]
  prod:
    reporters: [{fils: {path: prod}}]
    deadlin: 3
"""


def test_the_environment_is_said(newsdesk, write):
    write("newsdesk.yaml", ENVIRONMENTS.replace("fils", "files").replace("deadlin", "deadline"))
    assert unaligned(newsdesk("check").stdout).startswith(
        "# newsdesk.yaml without an environment (it has dev, prod)\nreporters:\n  - files:  # line 3\n"
    )
    told = unaligned(newsdesk("check", "--env", "prod").stdout).splitlines()
    assert told[:4:3] == ["# newsdesk.yaml in the environment 'prod'", "      path: prod  # prod, line 8"]
    assert [line.split("# ")[-1] for line in told if line.startswith("deadline")] == ["prod, line 9"]
    assert newsdesk("check", "--env", "prod", "--ping").stdout == "files: reached\n"


@pytest.mark.parametrize("option", [[], ["--ping"]])
def test_errors_in_other_environments_are_found(newsdesk, write, option):
    write("newsdesk.yaml", ENVIRONMENTS)
    faults = [
        "  - line 8: environments.prod.reporters.0: there is no reporter 'fils' (did you mean 'files'?)",
        "  - line 9: environments.prod.deadlin: unknown key (did you mean 'deadline'?)",
    ]
    for arguments, kind, code in ([], "Error", 2), (["--env", "dev"], "Warning", 0):
        first, *others = newsdesk("check", *option, *arguments, code=code).stderr.splitlines()
        assert first == f"{kind}: the config 'newsdesk.yaml' cannot be used in the environment 'prod'"
        assert [line.partition(";")[0] for line in others] == faults


@pytest.mark.parametrize("option", [[], ["--ping"]])
def test_without_an_environment_a_base_may_have_no_reporters(newsdesk, write, option):
    write("newsdesk.yaml", "environments: {dev: {reporters: [console]}}")
    result = newsdesk("check", *option)
    assert result.stderr == "The base has no reporters; choose an environment with --env: dev.\n"
    assert result.stdout.startswith("" if option else "# newsdesk.yaml without an environment (it has dev)\n")
    assert newsdesk("check", "--env", "dev", *option).stderr == ""


def test_errors_of_environments_are_found_though_the_base_has_no_reporters(newsdesk, write):
    write(
        "newsdesk.yaml",
        """
        environments:
          prod: {reporters: [console], deadlin: 4}
          dev: {reporters: [console]}
          none: {deadline: 4}
        """,
    )
    told = newsdesk("check", code=2).stderr.splitlines()
    assert [line.partition(" (did")[0] for line in told] == [
        "Error: the config 'newsdesk.yaml' cannot be used in the environment 'prod'",
        "  - line 3: environments.prod.deadlin: unknown key",
        "Error: the config 'newsdesk.yaml' has no reporters in the environment 'none'; add 'reporters' to it",
    ]
    assert newsdesk("check", "--env", "none", code=2).stderr.splitlines()[0] == told[2]


def test_a_wrong_base_hides_no_error_of_an_environment_and_is_told_once(newsdesk, write):
    write(
        "newsdesk.yaml",
        """
        reporters: [console]
        deadlin: 3
        environments:
          prod: {deadline: -4}
          dev: {}
        """,
    )
    told = newsdesk("check", code=2).stderr.splitlines()
    assert [line.partition(" (did")[0] for line in told] == [
        "Error: the config 'newsdesk.yaml' cannot be used without an environment (it has prod, dev)",
        "  - line 3: deadlin: unknown key",
        "Error: the config 'newsdesk.yaml' cannot be used in the environment 'prod'",
        "  - line 5: environments.prod.deadline: must be greater than 0, but is -4",
    ]


def test_a_plugin_that_an_environment_asks_for_is_looked_for(newsdesk, write):
    write(
        "newsdesk.yaml",
        "reporters: [null]\nenvironments:\n  dev: {}\n  prod: {plugins: [null, nobody], deadlin: 1}",
    )
    for arguments, code in ([], 2), (["--env", "prod"], 2), (["--env", "dev"], 0):
        told = newsdesk("check", *arguments, code=code).stderr.splitlines()
        assert told[0].endswith("the config 'newsdesk.yaml' cannot be used in the environment 'prod'")
        assert any(
            line.startswith("  - line 4: environments.prod.plugins.1: no plugin 'nobody' is installed")
            for line in told
        )
        assert sum("deadlin" in line for line in told) == 1


def test_what_is_wrong_is_json_where_that_is_asked_for_and_no_command_to_the_terminal(newsdesk, write):
    reporters = [{"files": {"path": "$NOPE"}, "label": "a\x1b[31mb"}, {"files": {"path": "${env:NOPE}"}}]
    write("newsdesk.yaml", {"reporters": reporters, "environments": {"prod": {"deadline": 0}}})
    assert "\x1b" not in newsdesk("check", code=2).stderr
    told = newsdesk("check", "--log-format", "json", code=2).stderr
    found = [json.loads(line) for line in told.splitlines()]
    assert [(line["level"], line["message"].partition(":")[0]) for line in found] == [
        ("error", "the config 'newsdesk.yaml' cannot be used in the environment 'prod'\n  - line 1"),
        ("warning", "a\\x1b[31mb"),
        ("error", "files"),
    ]


def test_json_is_printed_without_lines(newsdesk, write):
    config = {"reporters": ["null"], "environments": {"e": {"deadline": 3}}}
    write("newsdesk.json", config)
    told = newsdesk("check", "--config", "newsdesk.json", "--env", "e").stdout.splitlines()
    assert ("deadline: 3" in told[5], told[5].split("# ")[1]) == (True, "e")
    assert told[2].split("# ")[1] == "base"


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
    assert yaml.safe_load(result.stdout)["reporters"] == [{"files": {"path": path}}]


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
    assert newsdesk("check", code=2).stderr.startswith(
        "Error: the config 'newsdesk.yaml' cannot be used\n"
        "  - line 2: plugins.0: no plugin 'nobody' is installed; there are: "
    )


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
