"""What a list shows of a machine is what its record says, or nothing."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from newsdesk import Machine, StoredMachine, record
from newsdesk.testing.strategies import machines
from newsdesk_mlflow.mapping.summary import SUMMARY, Summary, read_summary, summary_tag


def scored(scores, history=None, created=None):
    model = {
        "model_creation_date": created,
        "cross_validation": {"scores": scores},
        "model_meta": {"history": history or {}},
    }
    return Machine("m", "p", dataset={"tag_list": ["T 1"]}, metadata={"build_metadata": {"model": model}})


def through_a_run(machine, length=5000):
    return read_summary({tag.key: tag.value for tag in summary_tag(machine, length)})


def folds(mean):
    return {"fold-1": 1.0, "fold-mean": mean, "fold-std": 0.0, "fold-max": 2.0, "fold-min": 0.0}


@pytest.mark.parametrize("name", ["ae-4tags", "buildonly-4tags", "diff-20tags", "sk-20tags"])
def test_of_a_real_machine(request, name):
    machine = Machine.from_dict(request.getfixturevalue("record")(name))
    means = {key: score.mean for key, score in record.main_scores(machine).items() if score.mean is not None}
    found = through_a_run(machine)
    assert (found.scores, found.created) == (means, record.build(machine).created_at)
    assert len(means) == (0 if name.startswith("buildonly") else 4)


def test_of_names_that_metrics_of_a_run_do_not_tell_apart():
    scores = {
        "loss": folds(0.5),
        "loss-T-1": folds(0.25),
        "loss-mean": folds(-1.0),
        "a:b": folds(3.0),
        "a_3a_b": folds(4.0),
        "é'\"\0\ud800": folds(5.0),
        "x" * 300: folds(1e308),
        "plain": 7,
        "no number": {"fold-mean": "bad"},
        "model_training_duration_sec": folds(6.0),
    }
    history = {"loss": [9.0], "loss-mean": [9.0], "loss-max": [9.0], "acc": [9.0], "acc-mean": [9.0]}
    found = through_a_run(scored(scores, history))
    assert found.scores == {
        "loss": 0.5,
        "loss-mean": -1.0,
        "a:b": 3.0,
        "a_3a_b": 4.0,
        "é'\"\0\ud800": 5.0,
        "x" * 300: 1e308,
        "plain": 7.0,
        "model_training_duration_sec": 6.0,
    }


def test_of_values_that_no_json_has():
    found = through_a_run(scored({"a": folds("NaN"), "b": folds("Infinity"), "c": folds("-Infinity")}))
    assert math.isnan(found.scores["a"])
    assert (found.scores["b"], found.scores["c"]) == (math.inf, -math.inf)


def test_of_a_date_with_another_offset():
    found = through_a_run(scored({}, created="2026-01-02 03:04:05.000006+01:00"))
    expected = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))
    assert found.created == expected
    assert found.created.tzinfo == UTC


def test_a_summary_that_is_too_long_is_left_out_rather_than_cut():
    machine = scored({f"score {number}": folds(0.1) for number in range(40)})
    [tag] = summary_tag(machine, 5000)
    assert through_a_run(machine, len(tag.value)).scores == through_a_run(machine).scores
    assert through_a_run(machine, len(tag.value) - 1) == Summary(None, None)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[]",
        "null",
        "7",
        '{"created": null, "scores": {"a": "b"}}',
        '{"created": null, "scores": {"a":',
    ],
)
def test_what_somebody_else_wrote_is_nothing(text):
    assert read_summary({} if text is None else {SUMMARY: text}) == Summary(None, None)


@given(machine=machines())
def test_of_any_machine(machine):
    stored = StoredMachine.of(machine)
    [tag] = summary_tag(machine, 10**9)
    found = read_summary({tag.key: tag.value})
    assert json.dumps(found.scores) == json.dumps(dict(stored.scores))
    assert found.created == stored.created
