"""`newsdesk schema`: the config's JSON Schema."""

import json

PLUGIN = """
    from newsdesk import ReporterPlugin, hookimpl

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin("slack", "{target}", summary="a chat channel")
"""


def test_the_schema_knows_the_reporters_that_are_installed(newsdesk, distribution, acme):
    source = PLUGIN.format(target="acme_reporters:Takes")
    distribution("acme-slack", {"acme_slack_plugin": source}, entries={"slack": "acme_slack_plugin"})
    told = newsdesk("schema")
    schema = json.loads(told.stdout)
    assert "acme_reporters.Takes" in schema["$defs"]
    assert "abc" not in told.stdout, "the default of a secret"


def test_a_broken_plugin_is_omitted_and_reported(newsdesk, distribution):
    distribution("sick", {"sick_plugin": "import no_such_thing"}, entries={"sick": "sick_plugin"})
    source = PLUGIN.format(target="no_such_module:Slack")
    distribution("acme-slack", {"acme_slack_plugin": source}, entries={"slack": "acme_slack_plugin"})
    told = newsdesk("schema")
    assert '"files"' in told.stdout
    assert '"slack"' not in told.stdout
    sick, slack = sorted(line for line in told.stderr.splitlines() if line.startswith("omitted: s"))
    assert sick == "omitted: sick: ModuleNotFoundError: No module named 'no_such_thing'"
    assert slack.startswith(
        "omitted: slack: the reporter 'slack' cannot be used: 'no_such_module:Slack' names"
    )
    told = newsdesk("--log-format", "json", "schema")
    assert [json.loads(line)["level"] for line in told.stderr.splitlines()] == ["warning", "warning"]
