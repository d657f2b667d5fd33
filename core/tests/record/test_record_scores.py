"""The scores of the cross-validation."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import record
from newsdesk.machine import Machine

PATH = "metadata.build_metadata.model.cross_validation.scores"


def scored(scores, **dataset):
    model = {"cross_validation": {"scores": scores}}
    return Machine("m", dataset=dataset, metadata={"build_metadata": {"model": model}})


def test_a_real_machine_has_every_score_and_the_main_ones_are_of_no_single_tag(real_machine):
    metrics = ["explained-variance-score", "mean-absolute-error", "mean-squared-error", "r2-score"]
    found = record.scores(real_machine)
    assert [*found] == sorted(found)
    assert {(score.metric, score.tag) for score in found.values()} == {
        (metric, tag) for metric in metrics for tag in (None, "TAG-001", "TAG-002", "TAG-003", "TAG-004")
    }
    assert record.main_scores(real_machine) == {metric: found[metric] for metric in metrics}


def test_a_score_is_what_the_record_has(real_machine):
    kept = record.paths.value_at(real_machine, PATH)["r2-score-TAG-001"]
    assert record.scores(real_machine)["r2-score-TAG-001"] == record.Score(
        name="r2-score-TAG-001",
        metric="r2-score",
        tag="TAG-001",
        path=f"{PATH}.r2-score-TAG-001",
        mean=kept["fold-mean"],
        std=kept["fold-std"],
        min=kept["fold-min"],
        max=kept["fold-max"],
        folds={1: kept["fold-1"], 2: kept["fold-2"], 3: kept["fold-3"]},
    )


def test_folds_come_in_the_order_of_their_numbers_whichever_are_missing():
    recorded = {
        "fold-10": 4,
        "fold-3": 2,
        "fold-1": 1,
        "fold-0": 7,
        "fold-01": 7,
        "fold-median": 9,
        "note": "x",
    }
    score = record.scores(scored({"r2": recorded}))["r2"]
    assert [*score.folds.items()] == [(1, 1.0), (3, 2.0), (10, 4.0)]
    assert (score.mean, score.std, score.min, score.max, score.omitted) == (None, None, None, None, 0)


def test_numbers_that_json_lacks_are_numbers_again():
    recorded = {"fold-mean": "NaN", "fold-max": "Infinity", "fold-min": "-Infinity", "fold-1": 10**400}
    score = record.scores(scored({"r2": recorded}))["r2"]
    assert score.mean is not None
    assert math.isnan(score.mean)
    assert (score.max, score.min, score.folds) == (math.inf, -math.inf, {1: math.inf})
    assert score.omitted == 0


@pytest.mark.parametrize("wrong", [None, True, "0.5", "nan", [1], {"a": 1}])
def test_what_is_not_a_number_is_left_out_and_counted(wrong):
    score = record.scores(scored({"r2": {"fold-mean": wrong, "fold-std": 1, "fold-1": wrong, "fold-2": 2}}))[
        "r2"
    ]
    assert (score.mean, score.std, score.folds, score.omitted) == (None, 1.0, {2: 2.0}, 2)
    assert score.gaps == {1}


def test_a_score_may_be_one_number():
    score = record.scores(scored({"r2": 0.5}))["r2"]
    assert (score.value, score.mean, score.folds, score.omitted) == (0.5, 0.5, {}, 0)


@pytest.mark.parametrize("wrong", [None, "x", [], True])
def test_a_score_of_another_shape_has_nothing_and_is_counted(wrong):
    score = record.scores(scored({"r2": wrong}))["r2"]
    assert (score.value, score.mean, score.folds, score.omitted) == (None, None, {}, 1)


def test_a_score_of_a_tag_is_another_score_and_the_tag_with_spaces_as_hyphens():
    machine = scored(
        dict.fromkeys(["r2", "r2-TAG-1", "r2-B", "mse-B"], 0.5), tag_list=["TAG 1", {"name": "B"}]
    )
    assert {name: (score.metric, score.tag) for name, score in record.scores(machine).items()} == {
        "mse-B": ("mse-B", None),
        "r2": ("r2", None),
        "r2-B": ("r2", "B"),
        "r2-TAG-1": ("r2", "TAG 1"),
    }
    assert [*record.main_scores(machine)] == ["mse-B", "r2"]


def test_a_tag_whose_name_is_within_a_score_hides_nothing():
    machine = scored(dict.fromkeys(["r2-score", "r2-score-A"], 0.5), tag_list=["r2", "score", "A"])
    assert [*record.main_scores(machine)] == ["r2-score"]


def test_of_two_tags_that_fit_the_longer_one_leaves_the_metric():
    names = ["r2", "r2-AREA-7", "r2-AREA-7-B"]
    machine = scored(dict.fromkeys(names, 0.5), tag_list=["B", "AREA 7-B", "AREA 7"])
    score = record.scores(machine)["r2-AREA-7-B"]
    assert (score.metric, score.tag) == ("r2", "AREA 7-B")


def test_of_tags_that_gordo_writes_alike_the_last_target_has_the_score():
    machine = scored({"r2": {}, "r2-A-1": {}}, tag_list=["A-1"], target_tag_list=["A-1", "A 1"])
    assert record.scores(machine)["r2-A-1"].tag == "A 1"


@given(
    st.sets(st.text("ab-", min_size=1, max_size=6), max_size=8),
    st.lists(st.text("ab -", min_size=1, max_size=3)),
)
def test_which_scores_are_of_a_tag_is_what_the_sentence_says(names, tags):
    found = record.scores(scored(dict.fromkeys(names, 0.5), tag_list=tags))
    said = {f"{name}-{tag.replace(' ', '-')}" for name in names for tag in tags}
    assert {name for name, score in found.items() if score.tag is not None} == said & names
    for score in found.values():
        if score.tag is not None:
            assert score.metric in names
            assert score.tag in tags
            assert score.name == f"{score.metric}-{score.tag.replace(' ', '-')}"
