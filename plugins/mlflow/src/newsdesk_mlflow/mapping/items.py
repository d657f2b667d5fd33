"""Pure: the metrics and params of a machine, from its record."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from newsdesk import Alteration, Machine, record
from newsdesk.record import Score, Series, paths

_PARAMS = (
    paths.TRAIN_START_DATE,
    paths.TRAIN_END_DATE,
    paths.RESOLUTION,
    paths.ROW_FILTER,
    paths.ROW_FILTER_BUFFER_SIZE,
    paths.CREATED,
    paths.BUILDER_VERSION,
    paths.OFFSET,
)
_DATE_AND_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)")
# Ranks: what the training logged is kept with the means of the scores; scores of single tags go first. Of a
# score, the mean is kept longest, then the folds.
_TRAINING, _MEAN, _FOLD, _SUMMARY, _SINGLE_TAG = 0, 0, 1, 2, 3


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


METRICS = ("all", "folds", "summaries")
"""Which metrics of a score are wanted."""


def read_items(machine: Machine, *, per_tag_metrics: bool = False, metrics: str = "all") -> Items:
    """Give what a machine has to log: params in the record's order; scores by name, then the training.

    What the record lacks is left out: a machine without scores, splits or history is reported with what it
    has.

    Args:
        machine: The machine.
        per_tag_metrics: Whether the scores of single tags are wanted as well.
        metrics: Which metrics of a score are wanted: its folds, its summaries (mean, max, min, std), or all.
            A score that is one number counts as both.
    """
    scores = (record.scores if per_tag_metrics else record.main_scores)(machine).values()
    training = _training(machine)
    logged = [metric for score in scores for metric in _score_metrics(score, metrics)]
    for series in training:
        logged += _series_metrics(series)
    return Items(logged, read_params(machine), [*_omitted(scores), *_omitted(training)])


def read_params(machine: Machine) -> list[Param]:
    """Give the params alone, in the record's order."""
    named = [
        *((path.rpartition(".")[2], record.value_at(machine, path), path) for path in _PARAMS),
        *((key, value, f"{paths.SPLITS}.{key}") for key, value in record.raw_splits(machine).items()),
        *(
            (key, value, f"{paths.HISTORY_PARAMS}.{key}")
            for key, value in record.history_params(machine).items()
        ),
    ]
    return [
        Param("project_name", machine.project_name, "project_name"),
        Param("name", machine.name, "name"),
        *(Param(key, text_of(value), path) for key, value, path in named if value is not None),
    ]


def text_of(value: Any) -> str:
    """Give a value as a param: a list or mapping as JSON, a date and time with a space between them."""
    if isinstance(value, str):
        parts = _DATE_AND_TIME.fullmatch(value)
        return f"{parts[1]} {parts[2]}" if parts else value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _score_metrics(score: Score, wanted: str) -> Iterator[Metric]:
    """Give the summaries, then the folds, whose steps count from 0; or the one number that a score is."""
    name, path = score.name, score.path
    rank = 0 if score.tag is None else _SINGLE_TAG
    if score.value is not None:
        yield Metric(name, score.value, 0, path, rank + _FOLD)
        return
    summaries = {"mean": score.mean, "max": score.max, "min": score.min, "std": score.std}
    for summary, value in summaries.items():
        if value is not None and wanted != "folds":
            yield Metric(
                f"{name}-{summary}", value, 0, path, rank + (_MEAN if summary == "mean" else _SUMMARY)
            )
    for number, value in score.folds.items() if wanted != "summaries" else ():
        yield Metric(name, value, number - 1, path, rank + _FOLD)


def _training(machine: Machine) -> list[Series]:
    """Give what the training logged, after how long it took; without a history, that is not given either."""
    history = record.history(machine)
    seconds = record.value_at(machine, paths.TRAINING_SECONDS)
    if seconds is None or not record.mapping_at(machine, paths.HISTORY):
        return [*history.values()]
    value = record.number_of(seconds)
    name = paths.TRAINING_SECONDS.rpartition(".")[2]
    return [Series(name, paths.TRAINING_SECONDS, [value], int(value is None)), *history.values()]


def _series_metrics(series: Series) -> list[Metric]:
    name, path = series.name, series.path
    return [
        Metric(name, value, epoch, path, _TRAINING)
        for epoch, value in enumerate(series.values)
        if value is not None
    ]


def _omitted(found: Iterable[Score | Series]) -> Iterator[Alteration]:
    """Give one alteration for all values of a score or series that are not numbers."""
    for part in found:
        if part.omitted:
            detail = f"{part.omitted} values of {part.name!r} are not numbers; see metadata.json"
            yield Alteration(part.path, "omitted", detail)
