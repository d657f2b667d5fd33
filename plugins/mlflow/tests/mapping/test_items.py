"""What a machine has to log."""

import math

import pytest
from newsdesk import Machine
from newsdesk_mlflow.mapping.items import Metric, Param, read_items

SCORES = "metadata.build_metadata.model.cross_validation.scores"
HISTORY = "metadata.build_metadata.model.model_meta.history"


def built(**model):
    return Machine("m", "p", metadata={"build_metadata": {"model": model}})


def scored(scores, **dataset):
    return Machine(
        "m",
        "p",
        dataset=dataset,
        metadata={"build_metadata": {"model": {"cross_validation": {"scores": scores}}}},
    )


def points(machine, **options):
    return [metric[:3] for metric in read_items(machine, **options).metrics]


def params(machine):
    return [param[:2] for param in read_items(machine).params]


@pytest.mark.parametrize("name", ["ae-4tags", "diff-20tags", "sk-20tags"])
def test_real_machines_have_exactly_their_metrics_and_params_in_their_order(record, expected, name):
    items = read_items(Machine.from_dict(record(name)))
    assert [list(metric[:3]) for metric in items.metrics] == expected(name)["metrics"]
    assert [list(param[:2]) for param in items.params] == expected(name)["params"]
    assert items.alterations == []


def test_a_build_without_cross_validation_has_its_training_alone(record):
    items = read_items(Machine.from_dict(record("buildonly-4tags")))
    assert [metric[:3] for metric in items.metrics] == [
        ("model_training_duration_sec", 5.048530101776123, 0),
        ("accuracy", 0.3270057439804077, 0),
        ("accuracy", 0.4237106144428253, 1),
        ("loss", 0.28500881791114807, 0),
        ("loss", 0.1510983258485794, 1),
    ]
    assert [param.key for param in items.params] == [
        *("project_name", "name", "train_start_date", "train_end_date", "resolution", "row_filter"),
        *("row_filter_buffer_size", "model_creation_date", "model_builder_version", "model_offset"),
        *("verbose", "epochs", "steps"),
    ]


def test_a_machine_with_nothing_but_a_name_has_its_name():
    assert read_items(Machine("m", "p")) == (
        [],
        [Param("project_name", "p", "project_name"), Param("name", "m", "name")],
        [],
    )


@pytest.mark.parametrize("wrong", [None, [], "text", 7])
@pytest.mark.parametrize(
    "place",
    [
        lambda wrong: {"build_metadata": wrong},
        lambda wrong: {"build_metadata": {"model": wrong}},
        lambda wrong: {"build_metadata": {"model": {"cross_validation": wrong, "model_meta": wrong}}},
        lambda wrong: {"build_metadata": {"model": {"cross_validation": {"scores": wrong, "splits": wrong}}}},
        lambda wrong: {"build_metadata": {"model": {"model_meta": {"history": wrong}}}},
        lambda wrong: {"build_metadata": {"model": {"model_meta": {"history": {"params": wrong}}}}},
    ],
)
def test_parts_of_another_shape_are_no_parts(place, wrong):
    items = read_items(Machine("m", dataset={"tag_list": wrong}, metadata=place(wrong)))
    assert ([*items.metrics], [param.key for param in items.params]) == ([], ["project_name", "name"])


def test_a_missing_fold_and_further_keys_do_no_harm():
    machine = scored(
        {"r2": {"fold-max": 3, "fold-1": 1, "fold-3": 2, "fold-10": 4, "fold-median": 9, "note": "x"}}
    )
    assert points(machine) == [("r2-max", 3, 0), ("r2", 1, 0), ("r2", 2, 2), ("r2", 4, 9)]
    assert read_items(machine).alterations == []


def test_a_score_that_is_one_number_is_logged_as_that():
    assert points(scored({"r2": 0.5})) == [("r2", 0.5, 0)]


def test_scores_of_single_tags_are_left_out_unless_asked_for():
    scores = {"r2": {"fold-1": 1}, "r2-TAG-1": {"fold-1": 2}}
    machine = scored(scores, tag_list=["TAG 1"])
    assert points(machine) == [("r2", 1, 0)]
    assert points(machine, per_tag_metrics=True) == [("r2", 1, 0), ("r2-TAG-1", 2, 0)]


def test_canonical_text_for_numbers_that_json_lacks_is_read_as_numbers():
    machine = scored(
        {
            "r2": {
                "fold-mean": "NaN",
                "fold-1": "Infinity",
                "fold-2": "-Infinity",
                "fold-3": 10**400,
                "fold-4": -(10**400),
            }
        }
    )
    mean, *folds = [value for _, value, _ in points(machine)]
    assert math.isnan(mean)
    assert folds == [math.inf, -math.inf, math.inf, -math.inf]


@pytest.mark.parametrize("value", [None, True, "0.5", "nan", [1], {"a": 1}])
def test_what_is_no_number_is_left_out_and_told(value):
    items = read_items(scored({"r2": {"fold-1": value, "fold-2": 2}}))
    assert [metric[:4] for metric in items.metrics] == [("r2", 2, 1, f"{SCORES}.r2")]
    (told,) = items.alterations
    assert (told.path, told.kind) == (f"{SCORES}.r2", "omitted")
    assert told.detail == "1 values of 'r2' are not numbers; see metadata.json"


def test_wrong_values_of_a_long_history_are_told_once():
    items = read_items(built(model_meta={"history": {"loss": [1.0, *[None] * 1000]}}))
    assert items.metrics == [Metric("loss", 1.0, 0, f"{HISTORY}.loss")]
    assert [alteration.detail.split(" values")[0] for alteration in items.alterations] == ["1000"]


def test_a_history_without_params_is_still_logged():
    machine = built(model_training_duration_sec=3, model_meta={"history": {"loss": [1.0], "lr": 0.1}})
    assert points(machine) == [("model_training_duration_sec", 3, 0), ("loss", 1.0, 0), ("lr", 0.1, 0)]


def test_a_history_of_params_alone_has_the_duration():
    machine = built(model_training_duration_sec=3, model_meta={"history": {"params": {}}})
    assert points(machine) == [("model_training_duration_sec", 3, 0)]


def test_a_duration_that_is_not_a_number_is_left_out_and_told():
    items = read_items(built(model_training_duration_sec="3 s", model_meta={"history": {"loss": [1.0]}}))
    assert [metric.key for metric in items.metrics] == ["loss"]
    (told,) = items.alterations
    assert told.path == "metadata.build_metadata.model.model_training_duration_sec"
    assert told.detail == "1 values of 'model_training_duration_sec' are not numbers; see metadata.json"


def test_without_a_history_there_is_no_duration():
    assert points(built(model_training_duration_sec=3)) == []


def test_params_that_are_absent_are_left_out_and_the_empty_one_is_not():
    machine = Machine(
        "m", "p", dataset={"row_filter": "", "resolution": None, "train_start_date": "2020-01-01"}
    )
    assert params(machine)[2:] == [("train_start_date", "2020-01-01"), ("row_filter", "")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.5, "1.5"),
        (True, "True"),
        (["a", "é"], '["a", "é"]'),
        ({"a": None}, '{"a": null}'),
        ("2019-01-01T00:00:00+05:30", "2019-01-01 00:00:00+05:30"),
        ("2019-01-01T00:00:00.123456789Z", "2019-01-01 00:00:00.123456789Z"),
        ("x > 2019-01-01T00:00", "x > 2019-01-01T00:00"),
        ("2019-01-01T00:00 < x", "2019-01-01T00:00 < x"),
    ],
)
def test_values_of_params_are_text_and_dates_keep_their_instant(value, text):
    assert params(Machine("m", dataset={"row_filter": value}))[2:] == [("row_filter", text)]


def test_training_and_means_are_kept_longest_and_scores_of_single_tags_are_spared_first():
    score = {"fold-1": 1, "fold-mean": 1, "fold-max": 1, "fold-std": 1}
    machine = scored({"r2": score, "r2-TAG-1": score}, tag_list=["TAG 1"])
    machine.metadata["build_metadata"]["model"]["model_meta"] = {"history": {"loss": [1.0]}}
    metrics = read_items(machine, per_tag_metrics=True).metrics
    by_rank = [
        {metric.key for metric in metrics if metric.rank == rank}
        for rank in sorted({m.rank for m in metrics})
    ]
    assert by_rank == [
        {"loss", "r2-mean"},
        {"r2"},
        {"r2-max", "r2-std"},
        {"r2-TAG-1-mean"},
        {"r2-TAG-1"},
        {"r2-TAG-1-max", "r2-TAG-1-std"},
    ]


@pytest.mark.parametrize(
    ("metrics", "keys"),
    [
        ("all", {"r2-mean", "r2-max", "r2-min", "r2-std", "r2", "plain", "loss"}),
        ("folds", {"r2", "plain", "loss"}),
        ("summaries", {"r2-mean", "r2-max", "r2-min", "r2-std", "plain", "loss"}),
    ],
)
def test_folds_or_summaries_can_be_left_out(metrics, keys):
    summaries = {f"fold-{name}": 0.5 for name in ("mean", "max", "min", "std")}
    scores = {"r2": {**summaries, "fold-1": 1, "fold-2": 0}, "plain": 7}
    model = {"cross_validation": {"scores": scores}, "model_meta": {"history": {"loss": [1.0]}}}
    machine = Machine("m", metadata={"build_metadata": {"model": model}})
    assert {metric.key for metric in read_items(machine, metrics=metrics).metrics} == keys
