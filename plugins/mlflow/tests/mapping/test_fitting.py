"""Items under a server's limits."""

import json
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits
from newsdesk_mlflow.mapping.fitting import fit
from newsdesk_mlflow.mapping.items import Items, Metric, Param, Tag

LIMITS = ServerLimits()
AZURE = FLAVOURS["azureml"]


def fitted(metrics=(), params=(), tags=(), limits=LIMITS):
    return fit(Items([*metrics], [*params], []), [*tags], limits)


def told(result):
    return [str(alteration) for alteration in result.alterations]


def test_what_fits_is_left_alone():
    items = ([Metric("r2", 1.0, 0, "s")], [Param("a", "", "p")], [Tag("t", "v")])
    assert fitted(*items)[:3] == items
    assert fitted(*items).alterations == []
    assert fitted(*items).artifacts == {}


def test_infinities_become_the_largest_numbers_as_in_mlflows_own_stores():
    result = fitted([Metric("a", float("inf"), 0, "s.a"), Metric("a", float("-inf"), 1, "s.a")])
    assert [metric.value for metric in result.metrics] == [sys.float_info.max, -sys.float_info.max]
    assert told(result) == [
        "s.a encoded: infinite values of 'a' become ±1.7976931348623157e+308, as in every SQL store of MLflow"
    ]


def test_what_is_left_out_of_a_run_keeps_its_infinities_in_the_artifact():
    values = [1.0, float("inf"), float("-inf"), float("nan")]
    metrics = [Metric(f"m{n}", value, 0, f"s.m{n}") for n, value in enumerate(values)]
    result = fitted(metrics, limits=replace(LIMITS, metric_names_per_run=1))
    listed = json.loads(result.artifacts["metrics.json"])
    assert [entry["value"] for entry in listed] == [1.0, "Infinity", "-Infinity", "NaN"]


def test_an_illegal_key_is_renamed_once_for_its_whole_series():
    result = fitted([Metric("f(1)", 1.0, 0, "s"), Metric("f(1)", 2.0, 1, "s")])
    assert [metric[:3] for metric in result.metrics] == [("f_28_1_29_", 1.0, 0), ("f_28_1_29_", 2.0, 1)]
    assert told(result) == [
        "s renamed: 'f(1)' is logged as 'f_28_1_29_': its key is invalid, too long or already used"
    ]


def test_two_series_with_one_name_do_not_mix():
    result = fitted([Metric("loss", 1.0, 0, "scores.loss"), Metric("loss", 2.0, 0, "history.loss")])
    first, second = (metric.key for metric in result.metrics)
    assert first == "loss"
    assert second.startswith("loss-")
    assert [alteration.path for alteration in result.alterations] == ["history.loss"]


def test_a_param_that_is_told_twice_with_one_value_is_one_param():
    result = fitted(params=[Param("name", "m", "name"), Param("name", "m", "history.params.name")])
    assert result.params == [Param("name", "m", "name")]
    assert result.alterations == []


def test_a_param_that_is_told_twice_with_two_values_is_two_params():
    result = fitted(params=[Param("name", "m", "name"), Param("name", "adam", "history.params.name")])
    assert [param.value for param in result.params] == ["m", "adam"]
    assert result.params[0].key == "name"
    assert len({param.key for param in result.params}) == 2
    assert [(alteration.path, alteration.kind) for alteration in result.alterations] == [
        ("history.params.name", "renamed")
    ]


def test_long_values_are_truncated_here_and_told():
    result = fitted(params=[Param("p", "é" * 6001, "d.p")], tags=[Tag("t", "x" * 5001)])
    assert (result.params[0].value, result.tags[0].value) == ("é" * 6000, "x" * 5000)
    assert told(result) == [
        "d.p truncated: 'p' has 6001 characters, and the server keeps 6000; see metadata.json",
        "t truncated: 't' has 5001 characters, and the server keeps 5000; see metadata.json",
    ]


def test_nul_and_lone_surrogates_are_escaped_and_told():
    result = fitted(params=[Param("p", "a\0\ud800", "d.p")])
    assert result.params[0].value == "a\\x00\\ud800"
    assert told(result) == [
        "d.p encoded: NUL and lone surrogates of 'p' are escaped, since MLflow's stores cannot hold them"
    ]


def test_params_over_the_limit_of_a_run_go_whole_into_an_artifact_and_the_first_stay():
    params = [Param(f"p{n}", "\ud800" if n == 249 else str(n), f"d.p{n}") for n in range(250)]
    result = fitted(params=params, limits=AZURE)
    assert [param.key for param in result.params] == [f"p{n}" for n in range(200)]
    listed = json.loads(result.artifacts["params.json"])
    assert (len(listed), listed[7]) == (250, {"key": "p7", "value": "7", "path": "d.p7"})
    assert listed[249]["value"] == "\ud800"
    assert (
        "params omitted: 50 of 250 params left out: a run (azureml) holds 200; all are in the artifact params.json"
        in told(result)
    )


def test_metric_names_over_the_limit_go_into_an_artifact_and_those_of_single_tags_go_first():
    metrics = [Metric(f"a{n}", float("nan"), 0, f"s.a{n}", rank=1) for n in range(30)]
    metrics += [Metric(f"z{n}", float(step), step, f"s.z{n}") for n in range(30) for step in range(3)]
    result = fitted(metrics, limits=AZURE)
    keys = [*dict.fromkeys(metric.key for metric in result.metrics)]
    assert keys == [*(f"a{n}" for n in range(20)), *(f"z{n}" for n in range(30))]
    assert len(result.metrics) == 20 + 90
    assert json.loads(result.artifacts["metrics.json"])[0] == {
        "key": "a0",
        "value": "NaN",
        "step": 0,
        "path": "s.a0",
    }
    assert told(result) == [
        "metrics omitted: 10 of 60 metric names left out: a run (azureml) holds 50; "
        "all are in the artifact metrics.json"
    ]


def test_tags_over_the_limit_go_into_an_artifact():
    result = fitted(tags=[Tag(f"t{n}", "v") for n in range(51)], limits=AZURE)
    assert len(result.tags) == 50
    assert len(json.loads(result.artifacts["tags.json"])) == 51


texts = st.text(st.characters(), max_size=12)


@given(
    st.lists(st.tuples(texts, st.floats(), st.integers(0, 3), texts), max_size=12),
    st.lists(st.tuples(texts, texts), max_size=12),
    st.sampled_from([*FLAVOURS.values()]),
)
def test_whatever_comes_each_item_is_there_or_told(metrics, params, limits):
    wanted = [Param(key, value, f"p{index}") for index, (key, value) in enumerate(params)]
    result = fitted([Metric(*metric) for metric in metrics], wanted, limits=limits)
    assert len(result.metrics) == len(metrics)
    sent = [param.key for param in result.params]
    assert len(sent) == len({*sent}) == len({*params})
    altered = {alteration.path for alteration in result.alterations}
    by_path = {param.path: param for param in result.params}
    for param in wanted:
        twin = next(other for other in wanted if other[:2] == param[:2])
        assert by_path[twin.path][:2] == param[:2] or twin.path in altered


@pytest.mark.parametrize("limits", FLAVOURS.values())
def test_no_alteration_holds_the_value_that_it_is_about(limits):
    result = fitted(
        params=[Param("p", "secret\0" * 2000, "d.p")], tags=[Tag("t", "secret" * 2000)], limits=limits
    )
    assert result.alterations
    assert "secret" not in " ".join(told(result))
