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
        total = ["advising.Advises: 12 machines: 12 records in 12 requests"]
        assert shown[9:] == []
        assert (shown == [*total, *advice]) is (count == 12)


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


def fleet(write, count, project="north"):
    lines = [json.dumps({"name": f"m{number}", "project_name": project}) for number in range(count)]
    return write("fleet.jsonl", "\n".join(lines))


def test_many_machines_are_totals_by_reporter_and_alterations_with_counts(newsdesk, acme, write):
    to = ["--to", "acme_reporters.Prints", "--to", "null"]
    assert newsdesk("plan", fleet(write, 2000), *to).stdout.splitlines() == [
        "acme_reporters.Prints: 2000 machines: 70000 metrics, 62000 params in 6000 requests, about 2468000 bytes",
        "null: 2000 machines: 2000 records in 2000 requests",
        "acme_reporters.Prints: 2000 altered (north/m0, north/m1, north/m2 and 1997 more): "
        "metadata.x truncated: 5 of 9 characters",
    ]


def test_each_of_many_is_shown_on_request_before_the_totals(newsdesk, acme, write):
    shown = newsdesk("plan", fleet(write, 10), "--to", "null", "--each").stdout.splitlines()
    assert shown == [
        *(f"north/m{number} at null: the record in 1 requests" for number in range(10)),
        "null: 10 machines: 10 records in 10 requests",
    ]
    few = newsdesk("plan", fleet(write, 9), "--to", "null").stdout
    assert few == newsdesk("plan", "fleet.jsonl", "--to", "null", "--each").stdout
    assert len(few.splitlines()) == 9


def test_a_program_gets_a_line_for_each_of_many(newsdesk, write):
    assert len(newsdesk("plan", fleet(write, 50), "--to", "null", "--json").stdout.splitlines()) == 50


def test_machines_that_a_reporter_does_not_take_are_counted(newsdesk, write):
    write(
        "newsdesk.yaml", "reporters: [{null: {}, when: {name: m1*}}, {null: {}, label: b, when: {name: x}}]"
    )
    assert newsdesk("plan", fleet(write, 12)).stdout.splitlines() == [
        "null: 3 machines: 3 records in 3 requests; 9 skipped",
        "b: 0 machines; 12 skipped",
    ]


def test_no_name_label_or_alteration_is_a_command_to_the_terminal(newsdesk, distribution, write):
    source = r"""
        from newsdesk import Alteration, BaseReporter, Plan

        class Alters(BaseReporter):
            def report(self, machine):
                pass

            def plan(self, machine):
                if machine.project_name == "bad\x1b[1m":
                    raise ValueError("no \x1b[2J plan")
                altered = [Alteration("a\x1b[2J", "truncated", "b\r\n")]
                return Plan(1, {"kind\x07": 1}, alterations=altered, advice="c\x1b[2J")
    """
    distribution("alters", {"alters": source})
    write("newsdesk.yaml", 'reporters: [{alters.Alters: , label: "l\\e[31m"}]')
    for count in (1, 12):
        machines = write("odd.json", [{"name": f"up\x1b[2J\n{n}", "project_name": "p"} for n in range(count)])
        shown = newsdesk("plan", machines).stdout
        assert shown.replace("\n", "").isprintable()
        assert "a\\x1b[2J truncated: b\\r\\n" in shown
    told = newsdesk("plan", write("bad.json", {"name": "x", "project_name": "bad\x1b[1m"}), code=1).stderr
    assert "no \\x1b[2J plan" in told
    assert told.replace("\n", "").isprintable()


def test_what_has_no_plan_is_a_line_of_json_in_the_log_of_json(newsdesk, acme, machine):
    told = newsdesk("plan", machine, "--to", "acme_reporters.Buggy", "--log-format", "json", code=1).stderr
    [line] = map(json.loads, told.splitlines())
    assert (line["level"], "not planned" in line["message"]) == ("error", True)
