"""Pure: the metrics and params of a machine, from its record."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from newsdesk import Alteration, Machine

from newsdesk_mlflow.mapping.scores import of_single_tags, tag_names

DATASET_PARAMS = ("train_start_date", "train_end_date", "resolution", "row_filter", "row_filter_buffer_size")
MODEL_PARAMS = ("model_creation_date", "model_builder_version", "model_offset")
SUMMARIES = ("mean", "max", "min", "std")

_MODEL_PATH = "metadata.build_metadata.model"
_FOLD = re.compile(r"fold-([1-9][0-9]{0,17})")
_DATE_AND_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)")
# Ranks: what the training logged is kept with the means of the scores; scores of single tags go first.
_TRAINING, _SINGLE_TAG = -1, 3
_NUMBERS_AS_TEXT = ("NaN", "Infinity", "-Infinity")


class Metric(NamedTuple):
    """One point of one metric."""

    key: str
    value: float
    step: int = 0
    path: str = ""
    """The path of its series in the record."""
    rank: int = 0
    """Which to keep where not all may stay: the lower."""


class Param(NamedTuple):
    """One param."""

    key: str
    value: str
    path: str = ""
    """Its path in the record."""


class Tag(NamedTuple):
    """One tag of a run."""

    key: str
    value: str
    path: str = ""
    """Its path in the record, or the parameter of the reporter that it comes from."""


class Items(NamedTuple):
    """What a machine has to log."""

    metrics: list[Metric]
    params: list[Param]
    alterations: list[Alteration]
    """What could not be made a metric."""


def read_items(machine: Machine, *, per_tag_metrics: bool = False) -> Items:
    """Give what a machine has to log: params in the record's order; scores by name, then the training.

    What the record lacks is left out: a machine without scores, splits or history is reported with what it
    has.

    Args:
        machine: The machine.
        per_tag_metrics: Whether the scores of single tags are wanted as well.
    """
    model = _model(machine)
    alterations: list[Alteration] = []
    metrics = [
        *_score_metrics(machine, model, alterations, per_tag=per_tag_metrics),
        *_training_metrics(model, alterations),
    ]
    return Items(metrics, read_params(machine), alterations)


def read_params(machine: Machine) -> list[Param]:
    """Give the params alone, in the record's order."""
    return [*_params(machine, _model(machine))]


def scores_of(machine: Machine) -> Mapping[str, Any]:
    """Give the scores of the cross-validation; none, when there was no cross-validation."""
    return _mapping(_mapping(_model(machine).get("cross_validation")).get("scores"))


def text_of(value: Any) -> str:
    """Give a value as a param: a list or mapping as JSON, a date and time with a space between them."""
    if isinstance(value, str):
        parts = _DATE_AND_TIME.fullmatch(value)
        return f"{parts[1]} {parts[2]}" if parts else value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def number_of(value: Any) -> float | None:
    """Give a plain JSON value as a number; NaN and the infinities are text there."""
    if isinstance(value, bool) or not (isinstance(value, int | float) or value in _NUMBERS_AS_TEXT):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _params(machine: Machine, model: Mapping[str, Any]) -> Iterator[Param]:
    yield Param("project_name", machine.project_name, "project_name")
    yield Param("name", machine.name, "name")
    yield from _present(machine.dataset, DATASET_PARAMS, "dataset")
    yield from _present(model, MODEL_PARAMS, _MODEL_PATH)
    splits = _mapping(_mapping(model.get("cross_validation")).get("splits"))
    yield from _present(splits, splits, f"{_MODEL_PATH}.cross_validation.splits")
    params = _mapping(_history(model).get("params"))
    yield from _present(params, params, f"{_MODEL_PATH}.model_meta.history.params")


def _present(values: Mapping[str, Any], keys: Any, path: str) -> Iterator[Param]:
    for key in keys:
        if values.get(key) is not None:
            yield Param(key, text_of(values[key]), f"{path}.{key}")


def _score_metrics(
    machine: Machine, model: Mapping[str, Any], alterations: list[Alteration], *, per_tag: bool
) -> Iterator[Metric]:
    scores = _mapping(_mapping(model.get("cross_validation")).get("scores"))
    single = of_single_tags(scores, tag_names(machine.dataset))
    for name in sorted(scores):
        if per_tag or name not in single:
            path = f"{_MODEL_PATH}.cross_validation.scores.{name}"
            rank = _SINGLE_TAG if name in single else 0
            yield from _numeric(name, _score_points(name, scores[name]), path, rank, alterations)


def _score_points(name: str, score: Any) -> Iterator[tuple[str, Any, int]]:
    """Give (key, value, step) for each summary, then for each fold in its order; other keys are none."""
    if not isinstance(score, dict):
        yield name, score, 0
        return
    for summary in SUMMARIES:
        if f"fold-{summary}" in score:
            yield f"{name}-{summary}", score[f"fold-{summary}"], 0
    folds = sorted((int(match[1]), key) for key in score if (match := _FOLD.fullmatch(key)))
    for number, key in folds:
        yield name, score[key], number - 1


def _training_metrics(model: Mapping[str, Any], alterations: list[Alteration]) -> Iterator[Metric]:
    history = _history(model)
    if not history:
        return
    name, path = "model_training_duration_sec", f"{_MODEL_PATH}.model_training_duration_sec"
    if model.get(name) is not None:
        yield from _numeric(name, [(name, model[name], 0)], path, _TRAINING, alterations)
    for key, values in history.items():
        if key != "params":
            series = values if isinstance(values, list) else [values]
            points = ((key, value, epoch) for epoch, value in enumerate(series))
            yield from _numeric(
                key, points, f"{_MODEL_PATH}.model_meta.history.{key}", _TRAINING, alterations
            )


def _numeric(name: str, points: Any, path: str, rank: int, alterations: list[Alteration]) -> Iterator[Metric]:
    """Give the points that are numbers, and one alteration for all others of the series."""
    omitted = 0
    for key, value, step in points:
        number = number_of(value)
        if number is None:
            omitted += 1
        else:
            yield Metric(key, number, step, path, rank + _depth(name, key))
    if omitted:
        detail = f"{omitted} values of {name!r} are not numbers; see metadata.json"
        alterations.append(Alteration(path, "omitted", detail))


def _depth(name: str, key: str) -> int:
    """Rank a key by how soon it is left out if not all fit: a mean last, after the folds."""
    if key == f"{name}-mean":
        return 0
    return 1 if key == name else 2


def _model(machine: Machine) -> Mapping[str, Any]:
    return _mapping(_mapping(machine.metadata.get("build_metadata")).get("model"))


def _history(model: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(model.get("model_meta")).get("history"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
