"""`newsdesk gate`: did scores get worse?"""

import copy
import json
import xml.etree.ElementTree as ET

import pytest
from newsdesk import Machine

DOWN = """
    from newsdesk import TransientReporterError
    from newsdesk.builtin.files import FilesReporter

    class Fading(FilesReporter):
        '''Answers for one machine, and is down for all others.'''

        def fetch(self, name, project_name=None, revision=None):
            if name == "a":
                return super().fetch(name, project_name)
            raise TransientReporterError("no route to host")
"""
FOLDS = {"fold-mean": 0.7, "fold-1": 0.6, "fold-2": 0.7, "fold-3": 0.8}


def built(name="a", project="plant", **scores):
    recorded = {key.replace("_", "-"): value for key, value in scores.items()} or {"r2-score": FOLDS}
    build = {"model": {"cross_validation": {"scores": recorded}}}
    return {"name": name, "project_name": project, "metadata": {"build_metadata": build}}


WORSE = FOLDS | {"fold-2": 0.5, "fold-3": 1.0}


@pytest.fixture(autouse=True)
def _files(write):
    write("old.json", [built("a"), built("b")])
    write("same.json", [built("b"), built("a")])
    write("worse.json", [built("a"), built("b", r2_score=WORSE)])
    write("newsdesk.yaml", "reporters: [{files: {path: held}, label: held}]\nretry: {attempts: 1}")


def test_what_did_not_change_passes(newsdesk):
    assert newsdesk("gate", "same.json", "--baseline", "old.json").stdout.splitlines() == [
        "passed plant/b: 4 passed",
        "passed plant/a: 4 passed",
        "passed: 2 machines; checks: 8 passed",
    ]


def test_a_fold_that_got_worse_fails_though_the_mean_is_the_same(newsdesk):
    assert newsdesk("gate", "worse.json", "--baseline", "old.json", code=1).stdout.splitlines() == [
        "failed plant/b: 3 passed, 1 worse",
        "  worse: r2-score, fold 2: 0.7 -> 0.5, worse by 0.2; allowed: 0",
        "passed plant/a: 4 passed",
        "failed: 1 of 2 machines; checks: 7 passed, 1 worse",
        "No rules were given, so nothing may get worse; --rules FILE allows tolerances.",
    ]


def test_rules_allow_tolerances(newsdesk, write):
    write("rules.yaml", "rules: [{metric: r2-score, absolute: 0.2}]")
    newsdesk("gate", "worse.json", "--baseline", "old.json", "--rules", "rules.yaml")
    write("rules.yaml", "rules: [{metric: r2-score, absolute: 0.1}]")
    told = newsdesk("gate", "worse.json", "--baseline", "old.json", "--rules", "rules.yaml", code=1).stdout
    assert "No rules were given" not in told


def test_wrong_rules_give_2_before_anything_is_compared(newsdesk, write):
    write("rules.yaml", "rules:\n- metrik: r2-score\n")
    told = newsdesk("gate", "none.json", "--baseline", "none", "--rules", "rules.yaml", code=2).stderr
    assert "line 2: rules.0.metrik: unknown key (did you mean 'metric'?)" in told
    assert "none.json" not in told


def test_what_is_missing_does_not_pass(newsdesk, write):
    write("less.json", [built("a", r2_score=FOLDS), built("c")])
    write("old.json", [built("a", r2_score=FOLDS, max_error=FOLDS), built("b")])
    told = newsdesk("gate", "less.json", "--baseline", "old.json", code=1).stdout
    assert "missing: max-error: the candidate does not have this score" in told
    assert "missing baseline: machine: the machine has no baseline" in told
    assert "missing: machine: the baseline's machine is not among the candidates" in told
    assert "failed: 3 of 3 machines; checks: 4 passed, 2 missing, 1 missing baseline" in told


def test_candidates_are_compared_with_what_a_backend_holds(newsdesk, write):
    newsdesk("report", "old.json")
    assert "passed: 2 machines" in newsdesk("gate", "same.json", "--baseline", "held").stdout
    newsdesk("gate", "worse.json", "--baseline", "{files: {path: held}}", code=1)
    assert (
        "NullReporter cannot read machines back"
        in newsdesk("gate", "same.json", "--baseline", "null", code=2).stderr
    )
    write("new.json", built("new"))
    assert "missing baseline" in newsdesk("gate", "new.json", "--baseline", "held", code=1).stdout
    write("rules.yaml", "new: allowed")
    newsdesk("gate", "new.json", "--baseline", "held", "--rules", "rules.yaml")


def test_a_candidate_may_be_in_a_backend_as_well(newsdesk):
    newsdesk("report", "worse.json")
    newsdesk("gate", "plant/a", "--baseline", "held")
    told = newsdesk("gate", "a@held", "b", "--from", "held", "--baseline", "old.json", code=1).stdout
    assert "failed: 1 of 2 machines" in told


def test_a_build_that_is_its_own_baseline_is_named_as_it_cannot_fail(newsdesk):
    newsdesk("report", "same.json", "--to", "held")
    told = newsdesk("gate", "same.json", "--baseline", "held").stderr
    assert told == (
        "Warning: plant/b, plant/a: the baseline is this build itself; gate a build before it is reported\n"
    )
    assert (
        newsdesk("gate", "worse.json", "--baseline", "held", "--json", code=1).stderr.count("plant/a: the")
        == 1
    )


def test_one_machine_may_be_the_baseline_of_one_candidate(newsdesk, write):
    newsdesk("report", "old.json")
    revision = Machine.from_dict(built("a")).revision
    write("one.json", built("renamed"))
    newsdesk("gate", "one.json", "--baseline", f"plant/a@held#{revision[:8]}")
    told = newsdesk("gate", "same.json", "--baseline", "plant/a@held", code=2).stderr
    assert "--baseline 'plant/a@held' is one machine, so give one candidate" in told


def test_a_folder_of_the_name_of_a_label_is_meant_with_its_path(newsdesk):
    newsdesk("report", "old.json", "--to", "{files: {path: held}}")
    newsdesk("gate", "same.json", "--baseline", "./held")


def test_a_backend_that_does_not_answer_gives_4_and_passes_nothing(newsdesk, distribution):
    distribution("fading", {"fading": DOWN})
    newsdesk("report", "old.json")
    result = newsdesk(
        "gate", "old.json", "--baseline", "{fading.Fading: {path: held}}", "--junit", "j.xml", code=4
    )
    assert result.stderr == "Error: fading.Fading: no route to host\n"
    assert "passed" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.json", "--baseline", "old.json"), "there is no file 'none.json'"),
        (("same.json", "--baseline", "none.json"), "there is no file 'none.json'"),
        (("empty.json", "--baseline", "old.json"), "there are no candidates; give at least one machine"),
        (("same.json", "same.json", "--baseline", "old.json"), "two candidates are plant/b; give one"),
        (("same.json", "--baseline", "*ld.json"), "two baselines are plant/"),
        (
            ("same.json", "--baseline", "hled"),
            "--baseline 'hled' is not a label of the config (did you mean 'held'?); labels: held. "
            "As a machine: held: the machine 'hled' does not exist",
        ),
        (("none/*.json", "--baseline", "old.json"), "no file matches 'none/*.json'"),
        (("same.json",), "Missing option '--baseline'"),
        (("same.json", "--baseline", "old.json", "--junit", "old.json/j.xml"), "cannot be written"),
        (
            ("same.json", "--baseline", "old.json", "--json", "--markdown"),
            "give --json or --markdown, not both",
        ),
        (("broken.json", "--baseline", "old.json"), "not valid JSON"),
        (("unnamed.json", "--baseline", "old.json"), "name: must be a non-empty string"),
    ],
)
def test_wrong_usage_or_input_gives_2(newsdesk, write, arguments, message):
    write("empty.json", [])
    write("cold.json", [built("a")])
    write("broken.json", "[{")
    write("unnamed.json", [built("x"), {}])
    assert message in newsdesk("gate", *arguments, code=2).stderr


def test_json_has_every_check(newsdesk):
    [line] = newsdesk("gate", "worse.json", "--baseline", "old.json", "--json", code=1).stdout.splitlines()
    result = json.loads(line)
    assert result["counts"] == {"passed": 7, "worse": 1}
    assert [check["fold"] for check in result["checks"] if check["status"] == "worse"] == [2]


def test_markdown_shows_what_did_not_pass(newsdesk):
    told = newsdesk("gate", "worse.json", "--baseline", "old.json", "--markdown", code=1).stdout
    assert told.splitlines() == [
        "### Gate failed: 1 of 2 machines; checks: 7 passed, 1 worse",
        "",
        "| machine | score | baseline | candidate | allowed | result |",
        "| --- | --- | ---: | ---: | ---: | --- |",
        "| `plant/b` | `r2-score, fold 2` | 0.7 | 0.5 | 0 | **worse** |",
    ]


def test_junit_is_written_beside_what_is_printed(newsdesk):
    newsdesk("gate", "worse.json", "--baseline", "old.json", "--junit", "out/j.xml", "--json", code=1)
    suites = ET.parse("out/j.xml").getroot()  # our own file
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [
        ("plant/b", "1"),
        ("plant/a", "0"),
    ]


def test_what_it_shows_is_bounded(newsdesk, write):
    machines = [built(f"m{number}") for number in range(300)]
    worse = [copy.deepcopy(machine) for machine in machines]
    for machine in worse[:299]:
        scores = machine["metadata"]["build_metadata"]["model"]["cross_validation"]["scores"]
        scores["r2-score"] = dict.fromkeys(FOLDS, 0.1)
    write("old.json", machines)
    write("worse.json", worse)
    told = newsdesk("gate", "worse.json", "--baseline", "old.json", code=1).stdout.splitlines()
    assert told[-4:-1] == [
        "… and 240 more machines; --json has all",
        "… and 996 more failed checks; --json has all",
        "failed: 299 of 300 machines; checks: 4 passed, 1196 worse",
    ]
    assert len(told) < 300
