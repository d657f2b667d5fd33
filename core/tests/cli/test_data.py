"""Standard output is data alone, whatever plugins print."""

import json

import pytest

LOUD = """
    import atexit

    from newsdesk import BaseReporter, Finding, ReporterPlugin, TransientReporterError, hookimpl

    print("printed at import")

    class Loud(BaseReporter):
        '''Prints whatever it does.'''

        def open(self):
            print("printed at open")

        def report(self, machine):
            print("printed by report")

        def holds(self, keys):
            print("printed by holds")
            return set()

        def close(self):
            print("printed at close")

        def findings(self, *, ping):
            print("printed by findings", flush=True)
            yield Finding("it is")

    class Down(Loud):
        def report(self, machine):
            print("printed by report")
            raise TransientReporterError("down")

    @hookimpl
    def newsdesk_reporters():
        print("printed by a hook")
        yield ReporterPlugin("loud", Loud)
        yield ReporterPlugin("down", Down)
"""


@pytest.fixture
def loud(distribution, write):
    """A plugin that prints, its reporters in the config, and a machine that one of them is owed."""
    distribution("loud", {"loud_plugin": LOUD}, entries={"loud": "loud_plugin"})
    write("newsdesk.yaml", "reporters: [loud]")
    write("owing.yaml", "reporters: [down]\nretry: {attempts: 1}\noutbox: owed.db")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["report", "machine.json"], 1),
        (["plan", "machine.json"], 1),
        (["backfill", "machine.json"], 1),
        (["outbox", "status", "--config", "owing.yaml"], 1),
        (["outbox", "send", "--config", "owing.yaml"], 1),
    ],
    ids=lambda given: " ".join(given[:2]) if isinstance(given, list) else "",
)
def test_json_lines_are_all_that_is_on_standard_output(newsdesk, loud, machine, arguments, lines):
    newsdesk("report", machine, "--config", "owing.yaml", code=1)
    code = 1 if "send" in arguments else 0
    result = newsdesk(*arguments, "--json", code=code)
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(told) == lines


def test_the_doctors_findings_are_all_that_is_on_standard_output(newsdesk, loud):
    result = newsdesk("doctor", "--json", "--ping")
    assert {"Python", "loud", "config"} <= {
        json.loads(line)["subject"] for line in result.stdout.splitlines()
    }
    assert "printed by findings\n" in result.stderr


def test_what_is_data_without_being_asked_for_it_is_alone_too(newsdesk, loud, machine, folder):
    newsdesk("report", machine, "--config", "owing.yaml", code=1)
    assert newsdesk("missing", machine).stdout == "north/compressor\n"
    assert json.loads(newsdesk("outbox", "export", "--config", "owing.yaml").stdout)["name"] == "compressor"
    assert "loud" in json.dumps(json.loads(newsdesk("schema").stdout))


def test_what_was_printed_is_on_standard_error(newsdesk, loud, machine):
    printed = newsdesk("report", machine, "--json").stderr
    assert "printed by report\n" in printed


def test_a_table_is_no_data_and_leaves_standard_output_alone(newsdesk, loud, machine):
    assert "printed by report\n" in newsdesk("report", machine).stdout
