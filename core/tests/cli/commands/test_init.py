"""`newsdesk init`: a config that works, from options or answers, and no secret in it."""

import pytest
from newsdesk import Config
from newsdesk.exceptions import PluginError
from newsdesk.plugins.hookspecs import ReporterPlugin

PLUGIN = """
    from newsdesk import ReporterPlugin, hookimpl

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin("slack", "acme_reporters:Takes", summary="a channel",
                             example={"first": "#builds", "token": "${env:SLACK_TOKEN}", "size": 5})
"""


@pytest.fixture
def slack(distribution, acme):
    distribution("newsdesk-slack", {"slack_plugin": PLUGIN}, entries={"slack": "slack_plugin"})


def written(folder):
    return [route.reporter.to_dict() for route in Config.read(folder / "newsdesk.yaml").routes]


def refused(newsdesk, *arguments, code=2):
    return newsdesk("init", *arguments, code=code).stderr.rpartition("Error: ")[2].strip()


def test_without_a_terminal_it_is_a_folder_of_files_and_check_and_report_take_it(newsdesk, folder, machine):
    told = newsdesk("init").stdout
    assert told == (
        "Wrote newsdesk.yaml. Next steps:\n\n  newsdesk check --ping\n  newsdesk report FILE...\n"
    )
    assert written(folder) == [{"files": {"path": "reports"}}]
    newsdesk("check", "--ping")
    newsdesk("report", machine)
    assert (folder / "reports/north/compressor.json").exists()


def test_options_give_reporters_and_an_outbox(newsdesk, folder, slack):
    newsdesk(
        "init", "--to", "slack", "--to", "{files: {path: there}}", "--outbox", "owed.db", "--output", "c.yaml"
    )
    config = Config.read(folder / "c.yaml")
    assert [route.reporter.to_dict() for route in config.routes] == [
        {"slack": {"first": "#builds", "token": "${env:SLACK_TOKEN}", "size": 5}},
        {"files": {"path": "there"}},
    ]
    assert config.outbox.path == folder / "owed.db"


def test_on_a_terminal_it_asks_until_the_answers_are_right(newsdesk, folder, slack, monkeypatch):
    monkeypatch.setattr("newsdesk.cli.work.setup.init._is_terminal", lambda: True)
    answers = ["slak", "slack, files", "#ops", "hunter2", "x", "#ops", "", "7", "there", "y", ""]
    told = newsdesk("init", stdin="\n".join(answers) + "\n").stdout
    assert "No installed reporter is called 'slak' (did you mean 'slack'?). Install its plugin first." in told
    assert "slack: a channel" in told
    assert "token is a secret, which does not belong in a config" in told
    assert written(folder) == [
        {"slack": {"first": "#ops", "token": "${env:SLACK_TOKEN}", "size": 7}},
        {"files": {"path": "there"}},
    ]
    text = (folder / "newsdesk.yaml").read_text()
    assert "\noutbox: newsdesk-outbox.db\n" in text
    assert "hunter2" not in text


def test_a_file_that_exists_is_kept(newsdesk, folder):
    (folder / "newsdesk.yaml").write_text("mine")
    assert refused(newsdesk) == "'newsdesk.yaml' exists; replace it with --force, or give another --output"
    assert (folder / "newsdesk.yaml").read_text() == "mine"
    newsdesk("init", "--force")
    assert written(folder) == [{"files": {"path": "reports"}}]


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("fils", "there is no reporter 'fils' (did you mean 'files'?); installed are:"),
        ("{files: {pth: x}}", "pth: unknown parameter"),
        ("{files: {path: x}, label: y}", "has label; write that into the file afterwards"),
        ("{files: [", "is not a definition ("),
        (
            "{slack: {token: hunter2}}",
            "token is a secret, which does not belong in a config: put it into the",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(newsdesk, folder, slack, to, message):
    told = refused(newsdesk, "--to", to)
    assert message in told
    assert "hunter2" not in told.replace(to, "")
    assert not [*folder.glob("*.yaml")]


def test_a_file_that_cannot_be_written_is_an_error(newsdesk, folder):
    assert refused(newsdesk, "--output", "there/c.yaml") == (
        "the folder 'there' does not exist; give another --output"
    )
    name = "x" * 300
    assert refused(newsdesk, "--output", name, code=1) == f"cannot write {name!r}: File name too long"
    assert not [*folder.iterdir()]


def test_an_example_that_is_not_a_mapping_is_refused():
    with pytest.raises(PluginError, match="the field 'example' of the reporter 'slack' must be a mapping of"):
        ReporterPlugin("slack", "a:B", example="text")


def test_the_default_of_a_reference_is_a_secret_in_a_config_too(newsdesk, slack, folder):
    told = newsdesk("init", "--to", "{slack: {first: 1, token: '${env:T:-hunter2}'}}", code=2).stderr
    assert told.startswith("Error: token is a secret, which does not belong in a config")
    assert "hunter2" not in told
    newsdesk("init", "--to", "{slack: {first: 1, token: 'Bearer ${env:T:-}'}}")
