"""`newsdesk plan`: what would be sent."""

import json


def test_it_says_what_would_be_sent_and_every_alteration(newsdesk, acme, machine):
    assert newsdesk("plan", machine, "--to", "acme_reporters.Prints", "--to", "null").stdout.splitlines() == [
        "north/compressor at acme_reporters.Prints: 35 metrics, 31 params in 3 requests, about 1234 bytes",
        "  metadata.x truncated: 5 of 9 characters",
        "north/compressor at null: the record in 1 requests",
    ]


def test_nothing_is_sent(newsdesk, machine, folder):
    told = newsdesk("plan", machine, "--to", "{files: {path: out}}").stdout
    assert told.startswith("north/compressor at files: 1 files in 0 requests, about ")
    assert not (folder / "out").exists()


def test_json_gives_the_same_for_machines(newsdesk, acme, machine):
    told = newsdesk("plan", machine, "--to", "acme_reporters.Prints", "--json").stdout
    assert json.loads(told) == {
        "machine": {"project_name": "north", "name": "compressor"},
        "reporter": "acme_reporters.Prints",
        "skipped": False,
        "requests": 3,
        "items": {"metrics": 35, "params": 31},
        "alterations": [{"path": "metadata.x", "kind": "truncated", "detail": "5 of 9 characters"}],
        "size": 1234,
        "advice": "",
    }


def test_advice_for_many_machines_is_given_once_and_only_where_there_are_many(newsdesk, distribution, write):
    distribution(
        "advising",
        {
            "advising": """
                from newsdesk import BaseReporter, Plan

                class Advises(BaseReporter):
                    def report(self, machine):
                        pass

                    def plan(self, machine):
                        return Plan(1, advice="a folder for each project is quicker")
            """
        },
    )
    lines = [json.dumps({"name": f"m{number}"}) for number in range(12)]
    for count in (9, 12):
        write("machines.jsonl", "\n".join(lines[:count]))
        shown = newsdesk("plan", "machines.jsonl", "--to", "advising.Advises").stdout.splitlines()
        advice = ["advising.Advises: 12 machines: a folder for each project is quicker"]
        assert shown[count:] == (advice if count == 12 else [])


def test_it_chooses_reporters_as_report_does(newsdesk, write, machine):
    write("newsdesk.yaml", "reporters: [{null: {}, label: nowhere}]")
    assert newsdesk("plan", machine).stdout == "north/compressor at nowhere: the record in 1 requests\n"


def test_a_definition_that_cannot_be_used_gives_2(newsdesk, machine):
    assert "there is no reporter 'nul'" in newsdesk("plan", machine, "--to", "nul", code=2).stderr


def test_a_plan_that_fails_is_told_and_the_others_are_made(newsdesk, distribution, machine):
    distribution(
        "broken",
        {
            "broken_plan": """
                from newsdesk import BaseReporter

                class Broken(BaseReporter):
                    def report(self, machine):
                        pass

                    def plan(self, machine):
                        return 1 // 0
            """
        },
    )
    result = newsdesk("plan", machine, "--to", "broken_plan.Broken", "--to", "null", code=1)
    assert result.stdout == "north/compressor at null: the record in 1 requests\n"
    assert result.stderr == (
        "broken_plan.Broken: 1 not planned (north/compressor): ZeroDivisionError: integer division or modulo by zero\n"
    )
