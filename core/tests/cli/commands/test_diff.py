"""`newsdesk diff`: what changed between two machines."""

import copy
import json
import sys
from pathlib import Path

import pytest
from newsdesk import Machine

DOWN = """
    from newsdesk import BaseReporter, PermanentReporterError, TransientReporterError

    class Down(BaseReporter):
        '''Is down, for good or for now.'''

        def __init__(self, for_good: bool = False) -> None:
            self.for_good = for_good

        def report(self, machine): ...

        def fetch(self, name, project_name=None, revision=None):
            raise (PermanentReporterError if self.for_good else TransientReporterError)("no route to host")
"""


@pytest.fixture
def builds(records, write):
    """Two builds of a machine, as files: a.json and b.json."""
    before = json.loads(Path("ae-4tags.json").read_bytes())
    after = copy.deepcopy(before)
    model = after["metadata"]["build_metadata"]["model"]
    model["cross_validation"]["scores"]["r2-score"]["fold-2"] = -1.0
    del model["cross_validation"]["scores"]["mean-squared-error"]
    model["model_meta"]["history"]["loss"].append(0.05)
    model["model_creation_date"] = "2026-11-30 22:28:05.997616+00:00"
    after["dataset"]["target_tag_list"].insert(1, "TAG-NEW")
    after["evaluation"]["cv_mode"] = "cross_val_only"
    del after["runtime"]["influx"]["enable"]
    write("a.json", before)
    write("b.json", after)
    return before, after


def test_it_shows_changes_scores_and_the_history(newsdesk, builds):
    before, after = (Machine.from_dict(build).revision[:12] for build in builds)
    assert newsdesk("diff", "a.json", "b.json", code=1).stdout.splitlines() == [
        f"- local-build/ae-4tags, revision {before} (a.json)",
        f"+ local-build/ae-4tags, revision {after} (b.json)",
        'added    dataset.target_tag_list.1: "TAG-NEW"',
        'changed  evaluation.cv_mode: "full_build" -> "cross_val_only"',
        "removed  runtime.influx.enable: true",
        "",
        "score                          before     after  difference",
        "mean-squared-error  mean     0.101996         -           -  removed",
        "r2-score            mean     -1.09713  -1.09713          +0",
        "r2-score            fold 2  -0.274209        -1   -0.725791  worse",
        "",
        "training history, last values",
        "loss: 0.0758567 -> 0.05, 3 -> 4 values",
        "Left out what changes with every build: 1 in model_creation_date; --volatile shows it.",
    ]


def test_without_differences_it_exits_with_0(newsdesk, builds, write):
    before, _ = builds
    assert newsdesk("diff", "a.json", "a.json").stdout.endswith("No differences.\n")
    before["metadata"]["build_metadata"]["model"]["model_creation_date"] = "2027-01-01"
    write("b.json", before)
    assert "Left out what changes with every build: 1 in" in newsdesk("diff", "a.json", "b.json").stdout
    told = newsdesk("diff", "a.json", "b.json", "--volatile", code=1).stdout
    assert "changed  metadata.build_metadata.model.model_creation_date" in told


def test_json_has_everything(newsdesk, builds):
    [line] = newsdesk("diff", "a.json", "b.json", "--json", code=1).stdout.splitlines()
    difference = json.loads(line)
    assert difference["differs"] is True
    assert [change["path"] for change in difference["changes"]] == [
        "dataset.target_tag_list.1",
        "evaluation.cv_mode",
        "runtime.influx.enable",
    ]
    assert [score["name"] for score in difference["scores"]] == ["mean-squared-error", "r2-score"]
    assert difference["before"]["name"] == "ae-4tags"


def test_markdown_is_for_a_merge_request(newsdesk, builds):
    told = newsdesk("diff", "a.json", "b.json", "--markdown", code=1).stdout
    assert "### `local-build/ae-4tags`: changed\n" in told
    assert '| `dataset.target_tag_list.1` |  | `"TAG-NEW"` | added |\n' in told
    assert "| `r2-score` | fold 2 | -0.274209 | -1 | -0.725791 | worse |\n" in told
    assert "| `loss` | 0.0758567 | 0.05 | -0.0258567 | 3 -> 4 values |\n" in told


def test_machines_of_backends_are_compared(newsdesk, builds, write):
    write("newsdesk.yaml", "reporters: [{files: {path: held}, label: held}]")
    newsdesk("report", "a.json")
    assert (
        "(local-build/ae-4tags@held)"
        in newsdesk("diff", "local-build/ae-4tags@held", "b.json", code=1).stdout
    )
    newsdesk("diff", "a.json", "ae-4tags", "--from", "held", "--project", "local-build")
    revision = Machine.from_dict(builds[0]).revision
    newsdesk("diff", f"ae-4tags@held#{revision[:8]}", "a.json")


def test_a_summary_that_does_not_follow_from_its_folds_and_equal_nan_are_shown_as_such(newsdesk, write):
    def build(**values):
        scores = {"r2-score": {key.replace("_", "-"): value for key, value in values.items()}}
        return {
            "name": "m",
            "metadata": {"build_metadata": {"model": {"cross_validation": {"scores": scores}}}},
        }

    write("a.json", build(fold_mean=1, fold_std=1, fold_1="NaN"))
    write("b.json", build(fold_mean=1, fold_std=2, fold_1="NaN"))
    told = newsdesk("diff", "a.json", "b.json", code=1).stdout.splitlines()
    assert told[-2:] == [
        "r2-score  mean           1      1          +0",
        "r2-score  fold-std       1      2          +1",
    ]


def test_a_long_path_is_shortened(newsdesk, write):
    write("a.json", {"name": "m" * 10_000})
    write("b.json", {"name": "m" * 10_000, "model": {"k" * 10_000: {"k" * 10_000: 1}}})
    for option in ([], ["--markdown"]):
        assert len(newsdesk("diff", "a.json", "b.json", *option, code=1).stdout) < 3000


def test_hostile_names_reach_no_terminal_and_break_no_table(newsdesk, write):
    name = "a\x1b[31m|`b`\n<script>@all\ud800\u202e\\"
    write("a.json", {"name": name, "model": {name: 1}})
    write("b.json", {"name": name, "model": {name: {name: name}}})
    told = newsdesk("diff", "a.json", "b.json", code=1).stdout
    assert r"changed  model.a\x1b[31m|`b`\n<script>@all\ud800\u202e\: 1 ->" in told
    assert "\x1b" not in told
    lines = newsdesk("diff", "a.json", "b.json", "--markdown", code=1).stdout.splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert [row.count("|") for row in rows] == [5, 5, 5]
    assert not any(mark in "\n".join(lines) for mark in ("<script", "@all", "\x1b", "`b`"))


def test_what_it_shows_is_bounded(newsdesk, write):
    scores = {f"s{i}": {"fold-mean": i} for i in range(300)}
    build = {"model": {"cross_validation": {"scores": scores}}}
    write("a.json", {"name": "m"})
    model = {str(number): ["x" * 1000] * 1000 for number in range(300)}
    write("b.json", {"name": "m", "model": model, "metadata": {"build_metadata": build}})
    told = newsdesk("diff", "a.json", "b.json", code=1).stdout
    assert "… and 100 more changes; --json has all" in told
    assert "… and 200 more rows of scores; --json has all" in told
    assert len(told) < 40_000


@pytest.mark.parametrize("for_good", [True, False])
def test_a_backend_that_does_not_answer_gives_4(newsdesk, builds, distribution, write, for_good):
    distribution("down", {"down": DOWN})
    write("newsdesk.yaml", "deadline: 1")
    definition = f"{{down.Down: {{for_good: {str(for_good).lower()}}}}}"
    told = newsdesk("diff", "a.json", "ae-4tags", "--from", definition, code=4).stderr
    assert told == "Error: down.Down: no route to host\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.json", "none.json"), "there is no file 'none.json'"),
        (("a.json", "*4tags.json"), "'*4tags.json' holds several machines; give a file that holds one"),
        (("a.json", "b.json", "--json", "--markdown"), "give --json or --markdown, not both"),
        (("a.json",), "Missing argument 'B'"),
        (("a.json", "ae-4tags", "--from", "{files: {path: empty}}"), "the machine 'ae-4tags' does not exist"),
    ],
)
def test_wrong_usage_gives_2(newsdesk, builds, arguments, message):
    assert message in newsdesk("diff", *arguments, code=2).stderr


def test_off_a_terminal_nothing_is_imported_for_one(newsdesk, builds, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    newsdesk("diff", "a.json", "b.json", code=1)
